"""The page of a plan: to read, tick off, print, and take along as a calendar or text."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event
from limits import RateLimitItemPerMinute
from sanic import Blueprint, response
from sanic.exceptions import NotFound
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.advice.plan import Plan
from bot.forms.working_days import format_day
from bot.knowledge import Language
from bot.services import Services
from bot.settings import ROOT
from bot.storage.plans import StoredPlan
from bot.web.rate_limits import RateLimiter
from bot.web.requests import client_address
from bot.web.static_files import BRIEFLY, StaticFile
from bot.web.templates import page

FOLDER = "bot/web/plan_page"
REQUESTS_PER_MINUTE = 60
"""Per address: guessing tokens is hopeless anyway, and costs us little."""

BEGINS = time(9, 0)
"""When the reminder of a step comes, on its day."""

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def blueprint(services: Services, limiter: RateLimiter) -> Blueprint:
    """The routes under /plan."""
    routes = Blueprint("plans", url_prefix="/plan")
    style = StaticFile((ROOT / FOLDER / "style.css").read_bytes(), "text/css", BRIEFLY)

    async def stored(request: Request, token: str) -> StoredPlan | None:
        await limiter.hit(RateLimitItemPerMinute(REQUESTS_PER_MINUTE), f"plan {client_address(request)}")
        return await asyncio.to_thread(services.plans.get, token)

    @routes.get("/style.css")
    async def css(request: Request) -> HTTPResponse:
        return style.send(request)

    @routes.get("/<token:str>/plan.ics")
    async def calendar(request: Request, token: str) -> HTTPResponse:
        found = await _or_404(stored(request, token))
        data = as_calendar(found.plan, services, f"{token[:8]}@klantkompas")
        headers = {**HEADERS, "Content-Disposition": 'attachment; filename="plan.ics"'}
        return response.raw(data, content_type="text/calendar; charset=utf-8", headers=headers)

    @routes.get("/<token:str>/plan.md")
    async def markdown(request: Request, token: str) -> HTTPResponse:
        found = await _or_404(stored(request, token))
        headers = {**HEADERS, "Content-Disposition": 'attachment; filename="plan.md"'}
        text = as_markdown(found, services)
        return response.raw(text.encode(), content_type="text/markdown; charset=utf-8", headers=headers)

    @routes.get("/<token:str>")
    async def show(request: Request, token: str) -> HTTPResponse:
        found = await stored(request, token)
        language: Language = found.plan.language if found else "nl"
        values = {
            "token": token,
            "language": language,
            "plan": found.plan if found else None,
            "done": found.done if found else (),
            "expires": found.expires_at.date() if found else None,
            "say": partial(services.situation(language).say),
            "day": partial(_day, language=language),
        }
        return page(f"{FOLDER}/page.html", values, HEADERS, status=200 if found else 404)

    @routes.post("/<token:str>")
    async def tick(request: Request, token: str) -> HTTPResponse:
        found = await _or_404(stored(request, token))
        step = request.form.get("step") if request.form else None
        if step not in {planned.id for planned in found.plan.steps}:
            raise NotFound("the plan has no such step")
        done = request.form.get("done") == "yes"
        await asyncio.to_thread(partial(services.plans.set_done, token, step, done=done))
        return response.empty(303, headers={**HEADERS, "Location": f"/plan/{token}#{step}"})

    return routes


async def _or_404(found: Any) -> StoredPlan:
    plan: StoredPlan | None = await found
    if plan is None:
        raise NotFound("no such plan")
    return plan


def _day(day: date, language: Language) -> str:
    return format_day(day, language)


def as_calendar(plan: Plan, services: Services, uid: str) -> bytes:
    """The steps as appointments with a reminder in the morning, in the iCalendar format (RFC 5545)."""
    zone = ZoneInfo(services.settings.time_zone)
    calendar = Calendar()
    calendar.add("prodid", "-//Klantkompas//plan//NL")
    calendar.add("version", "2.0")
    for number, step in enumerate(plan.steps):
        begins = datetime.combine(step.day, BEGINS, zone)
        event = Event()
        event.add("uid", f"{number}-{uid}")
        event.add("dtstamp", services.now())
        event.add("summary", step.name)
        event.add("dtstart", begins)
        event.add("dtend", begins + timedelta(minutes=step.minutes))
        event.add("description", "\n".join(f"{n}. {action}" for n, action in enumerate(step.actions, start=1)))
        reminder = Alarm()
        reminder.add("action", "DISPLAY")
        reminder.add("description", step.name)
        reminder.add("trigger", timedelta(minutes=-15))
        event.add_component(reminder)
        calendar.add_component(event)
    data: bytes = calendar.to_ical()
    return data


def as_markdown(stored: StoredPlan, services: Services) -> str:
    """The plan as text with check boxes."""
    plan, say = stored.plan, services.situation(stored.plan.language).say
    lines = [f"# {say('plan_title')}", "", say("page_plan_intro", date=_day(plan.made_on, plan.language)), plan.total]
    lines += ["", f"## {say('page_goals')}", ""]
    for goal in plan.goals:
        value = say("page_goal", today=goal.today, target=goal.target) if goal.today else say("page_goal_unknown")
        lines.append(f"- **{goal.problem}**: {goal.metric}, {value}. {goal.formula}")
    week = 0
    for step in plan.steps:
        if step.week != week:
            week = step.week
            lines += ["", f"## {say('page_week', week=week)}"]
        box = "x" if step.id in stored.done else " "
        lines += ["", f"- [{box}] **{step.name}** ({_day(step.day, plan.language)}, {step.effort})"]
        lines += [f"  {n}. {action}" for n, action in enumerate(step.actions, start=1)]
        lines.append(f"  {say('page_sign')}: {step.sign}")
        if step.text:
            lines += ["", f"  {say('page_text', name=step.text.name)}", ""]
            lines += [f"  > {line}" for line in step.text.text.splitlines()]
    return "\n".join(lines) + "\n"
