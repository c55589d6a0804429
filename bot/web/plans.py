"""The page of a plan: to read, tick off, print, and take along as a calendar or text."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.message import EmailMessage
from functools import partial
from typing import Any

from limits import RateLimitItemPerDay, RateLimitItemPerHour, RateLimitItemPerMinute
from sanic import Blueprint, response
from sanic.exceptions import NotFound
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.errors import HTTPError, MailError, RateLimitError
from bot.forms.parsing import clean_email
from bot.forms.working_days import format_day
from bot.knowledge import Language
from bot.mail import Mailer
from bot.services import Services
from bot.settings import ROOT
from bot.storage.plans import StoredPlan, token_hash
from bot.web.plan_formats import as_calendar, as_mail, as_markdown
from bot.web.rate_limits import RateLimiter
from bot.web.requests import client_address
from bot.web.static_files import BRIEFLY, StaticFile
from bot.web.templates import page

logger = logging.getLogger(__name__)

FOLDER = "bot/web/plan_page"
REQUESTS_PER_MINUTE = 60
"""Per address: guessing tokens is hopeless anyway, and costs us little."""

MAILS_PER_PLAN_PER_DAY = 3
MAILS_PER_ADDRESS_PER_HOUR = 5
"""Per IP address. Attempts count too, so that nobody can use us to flood a mailbox."""

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


MAIL_STATUSES = {
    "page_mail_sent": 200,
    "invalid_email": 400,
    "page_mail_not_agreed": 400,
    "page_mail_too_often": 429,
    "page_mail_failed": 503,
}
"""The outcomes of sending a plan by e-mail, as phrases for the visitor, with their HTTP status."""


@dataclass(frozen=True)
class MailForm:
    """The form that sends a plan by e-mail, as it was filled in; `outcome` is a phrase of MAIL_STATUSES, if sent in."""

    address: str = ""
    agreed: bool = False
    outcome: str = ""


def blueprint(services: Services, limiter: RateLimiter, mailer: Mailer | None = None) -> Blueprint:
    """The routes under /plan. Without a mailer plans are not sent by e-mail."""
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
        data = as_calendar(found.plan, services, token)
        headers = {**HEADERS, "Content-Disposition": 'attachment; filename="plan.ics"'}
        return response.raw(data, content_type="text/calendar; charset=utf-8", headers=headers)

    @routes.get("/<token:str>/plan.md")
    async def markdown(request: Request, token: str) -> HTTPResponse:
        found = await _or_404(stored(request, token))
        headers = {**HEADERS, "Content-Disposition": 'attachment; filename="plan.md"'}
        text = as_markdown(found, services)
        return response.raw(text.encode(), content_type="text/markdown; charset=utf-8", headers=headers)

    def show(token: str, found: StoredPlan | None, mail: MailForm | None) -> HTTPResponse:
        language: Language = found.plan.language if found else "nl"
        values = {
            "token": token,
            "language": language,
            "plan": found.plan if found else None,
            "done": found.done if found else (),
            "expires": found.expires_at.date() if found else None,
            "mail": mail,
            "say": services.situation(language).say,
            "day": partial(format_day, language=language),
        }
        status = 404 if found is None else MAIL_STATUSES.get(mail.outcome, 200) if mail else 200
        return page(f"{FOLDER}/page.html", values, HEADERS, status)

    @routes.get("/<token:str>")
    @routes.get("/<token:str>/mail", name="mail_again")  # whoever asks for the address of an outcome by hand
    async def read(request: Request, token: str) -> HTTPResponse:
        return show(token, await stored(request, token), MailForm() if mailer else None)

    @routes.post("/<token:str>/mail")
    async def mail(request: Request, token: str) -> HTTPResponse:
        _refuse_other_sites(request)
        found = await _or_404(stored(request, token))
        if mailer is None:
            raise NotFound("no mail server is configured")
        form = _mail_form(request)
        recipient = clean_email(form.address)
        if recipient is None:
            outcome = "invalid_email"
        elif not form.agreed:
            outcome = "page_mail_not_agreed"
        else:
            outcome = await send(mailer, as_mail(found, services, token, recipient), token, client_address(request))
        return show(token, found, replace(form, outcome=outcome))

    async def send(mailer: Mailer, message: EmailMessage, token: str, client: str) -> str:
        """Sends a plan within the limits; returns the outcome."""
        try:
            await limiter.hit(RateLimitItemPerHour(MAILS_PER_ADDRESS_PER_HOUR), f"mail {client}")
            await limiter.hit(RateLimitItemPerDay(MAILS_PER_PLAN_PER_DAY), f"mail {token_hash(token)}")
            await mailer.send(message)
        except RateLimitError:
            return "page_mail_too_often"
        except MailError as error:
            logger.error("mail not sent: %s", error)
            return "page_mail_failed"
        return "page_mail_sent"

    @routes.post("/<token:str>")
    async def tick(request: Request, token: str) -> HTTPResponse:
        _refuse_other_sites(request)
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


def _mail_form(request: Request) -> MailForm:
    fields = request.form or {}
    return MailForm((fields.get("address") or "").strip(), agreed=fields.get("agreed") == "yes")


def _refuse_other_sites(request: Request) -> None:
    """Refuses forms on pages of other sites (CSRF); what protects old browsers is that nobody can guess the token."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise HTTPError(403, "this form is on another site")
