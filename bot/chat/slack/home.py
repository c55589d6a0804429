"""The home tab: what the advisor can do, the phases, and this month's figures."""

from __future__ import annotations

import asyncio
from typing import Any

from slack_sdk.models.blocks import Block, DividerBlock, HeaderBlock, PlainTextObject
from slack_sdk.models.views import View

from bot.chat import usage_report as figures
from bot.chat.slack.conversations import Desk
from bot.chat.usage_report import Figures
from bot.knowledge import PHASES, Language, load_knowledge
from bot.presentation.slack import escape, section
from bot.settings import settings


async def publish(desk: Desk, user: str) -> None:
    """Shows the tab to a user, in their language."""
    language, counted = await desk.language_of(user), await asyncio.to_thread(figures.this_month, desk.store)
    await desk.client.views_publish(user_id=user, view=view(language, counted))


def view(language: Language, counted: Figures) -> dict[str, Any]:
    """The tab in a language, as Slack wants it."""
    knowledge = load_knowledge(settings().knowledge)

    def say(key: str) -> str:
        return knowledge.slack[key].in_(language)

    def header(key: str) -> HeaderBlock:
        return HeaderBlock(text=PlainTextObject(text=say(key)))

    phases: list[Block] = [
        section(
            f"*{escape(phase.name.in_(language))}: {escape(phase.nickname.in_(language))}*\n"
            f"{escape(phase.description.in_(language))}"
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
        section(_figures(counted, language)),
    ]
    return dict(View(type="home", blocks=blocks).to_dict())


def _figures(counted: Figures, language: Language) -> str:
    knowledge = load_knowledge(settings().knowledge)
    if not counted.questions and not counted.requests:
        return knowledge.slack["home_no_figures"].in_(language)
    text = (
        knowledge.slack["home_figures"]
        .in_(language)
        .format(
            conversations=counted.conversations,
            questions=counted.questions,
            requests=sum(counted.requests.values()),
            open=counted.requests.get("open", 0),
            done=counted.requests.get("done", 0),
            up=counted.thumbs.get("up", 0),
            down=counted.thumbs.get("down", 0),
        )
    )
    if not counted.phases:
        return text
    often = ", ".join(f"{knowledge.phases[p].name.in_(language)} {counted.phases.get(p, 0)}" for p in PHASES)
    return f"{text}\n{knowledge.slack['home_phase_figures'].in_(language).format(phases=often)}"
