"""The home tab: what the advisor can do, the phases, and this month's usage report."""

from __future__ import annotations

import asyncio
from typing import Any

from slack_sdk.models.blocks import Block, DividerBlock, HeaderBlock, PlainTextObject
from slack_sdk.models.views import View

from bot.chat import usage_report
from bot.chat.slack.conversations import SlackConversations
from bot.chat.usage_report import UsageReport
from bot.knowledge import PHASES, Knowledge, Language
from bot.presentation.slack import escape, section


async def publish(conversations: SlackConversations, user: str) -> None:
    """Publishes the tab to a user in their language."""
    services, language = conversations.services, await conversations.language_of(user)
    report = await asyncio.to_thread(usage_report.this_month, services)
    await conversations.client.views_publish(user_id=user, view=view(services.knowledge, language, report))


def view(knowledge: Knowledge, language: Language, report: UsageReport) -> dict[str, Any]:
    """The tab as a view of Slack's API."""

    def say(key: str) -> str:
        return knowledge.slack[key].localized(language)

    def header(key: str) -> HeaderBlock:
        return HeaderBlock(text=PlainTextObject(text=say(key)))

    phases: list[Block] = [
        section(
            f"*{escape(phase.name.localized(language))}: {escape(phase.nickname.localized(language))}*\n"
            f"{escape(phase.description.localized(language))}"
        )
        for phase in knowledge.phases.values()
    ]
    blocks: list[Block] = [
        header("home_title"),
        section(say("home_intro")),
        header("home_ways_title"),
        section(say("home_ways")),
        DividerBlock(),
        header("home_phases_title"),
        *phases,
        DividerBlock(),
        header("home_figures_title"),
        section(_report(knowledge, language, report)),
    ]
    return dict(View(type="home", blocks=blocks).to_dict())


def _report(knowledge: Knowledge, language: Language, report: UsageReport) -> str:
    if not report.questions and not report.requests:
        return knowledge.slack["home_no_figures"].localized(language)
    text = (
        knowledge.slack["home_figures"]
        .localized(language)
        .format(
            conversations=report.conversations,
            questions=report.questions,
            requests=sum(report.requests.values()),
            open=report.requests.get("open", 0),
            done=report.requests.get("done", 0),
            up=report.votes.get("up", 0),
            down=report.votes.get("down", 0),
        )
    )
    if not report.phases:
        return text
    counts = ", ".join(f"{knowledge.phases[p].name.localized(language)} {report.phases.get(p, 0)}" for p in PHASES)
    return f"{text}\n{knowledge.slack['home_phase_figures'].localized(language).format(phases=counts)}"
