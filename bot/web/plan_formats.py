"""A plan in the formats in which visitors take it along: calendar, text and e-mail."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import make_msgid, parseaddr
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event

from bot.advice.plan import BEGINS, Plan
from bot.forms.working_days import format_day
from bot.services import Services
from bot.storage.plans import StoredPlan


def as_calendar(plan: Plan, services: Services, token: str) -> bytes:
    """The steps as appointments with a reminder in the morning, in the iCalendar format (RFC 5545)."""
    zone = ZoneInfo(services.settings.time_zone)
    calendar = Calendar()
    calendar.add("prodid", "-//Klantkompas//plan//NL")
    calendar.add("version", "2.0")
    for number, step in enumerate(plan.steps):
        begins = datetime.combine(step.day, BEGINS, zone)
        event = Event()
        event.add("uid", f"{number}-{token[:8]}@klantkompas")
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
    lines = [
        f"# {say('plan_title')}",
        "",
        say("page_plan_intro", date=format_day(plan.made_on, plan.language)),
        plan.total,
    ]
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
        lines += ["", f"- [{box}] **{step.name}** ({format_day(step.day, plan.language)}, {step.effort})"]
        lines += [f"  {n}. {action}" for n, action in enumerate(step.actions, start=1)]
        lines.append(f"  {say('page_sign')}: {step.sign}")
        if step.text:
            lines += ["", f"  {say('page_text', name=step.text.name)}", ""]
            lines += [f"  > {line}" for line in step.text.text.splitlines()]
    return "\n".join(lines) + "\n"


def as_mail(stored: StoredPlan, services: Services, token: str, recipient: str) -> EmailMessage:
    """The plan as an e-mail: its text, the address of its page if that is public, and the calendar as an attachment."""
    settings, say = services.settings, services.situation(stored.plan.language).say
    message = EmailMessage()
    message["From"] = settings.smtp_sender
    message["To"] = recipient
    message["Subject"] = say("plan_title")
    message["Date"] = services.now()
    message["Message-ID"] = make_msgid(domain=parseaddr(settings.smtp_sender)[1].rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no automatic replies, please
    link = [say("mail_link", address=f"{settings.public_url}/plan/{token}")] if settings.public_url else []
    paragraphs = [say("mail_intro"), *link, as_markdown(stored, services), say("mail_footer")]
    message.set_content("\n\n".join(paragraphs) + "\n")
    message.add_attachment(
        as_calendar(stored.plan, services, token),
        maintype="text",
        subtype="calendar",
        filename="plan.ics",
        params={"charset": "utf-8"},
    )
    return message
