"""Renders an answer as Markdown with buttons."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.advice.answer import Answer, Bar, QuickReply, Section, UserText

SPECIAL = re.compile(r"([\\`*_\[\]~])")
"""Inline markup. Block markup needs no escaping, since user text never begins a line."""


BAR_LENGTH = 16
"""Characters of the longest bar of a funnel."""


@dataclass(frozen=True)
class Rendered:
    """Text and buttons (title and payload), as Rasa's channels expect them."""

    text: str
    buttons: list[dict[str, str]]


def escape(typed: UserText) -> str:
    """User text without effect as Markdown or HTML."""
    return html.escape(SPECIAL.sub(r"\\\1", typed.text), quote=False)


def payload(reply: QuickReply) -> str:
    """The payload of a button: Rasa's notation of an intent with entities.

    Example:
        >>> payload(QuickReply("Welke kanalen?", "ask_channels", {"phase": "do"}))
        '/ask_channels{"phase": "do"}'
    """
    return f"/{reply.intent}" + (json.dumps(reply.entities) if reply.entities else "")


def render(answer: Answer) -> Rendered:
    """The answer as one message."""
    parts = [f"**{answer.title}**"] if answer.title else []
    parts += [_funnel(answer.funnel)] if answer.funnel else []
    parts += [_section(section) for section in answer.sections]
    parts += [f"*{answer.sources}*"] if answer.sources else []
    buttons = [{"title": reply.title, "payload": payload(reply)} for reply in answer.replies]
    return Rendered("\n\n".join(part for part in parts if part), buttons)


def _funnel(bars: Sequence[Bar]) -> str:
    """The funnel in characters, each bar at least one wide."""
    lines = []
    for bar in bars:
        rate = f" ({bar.rate})" if bar.rate else ""
        mark = " ◀" if bar.leaks else ""
        lines.append(f"- `{'█' * max(1, round(bar.width * BAR_LENGTH))}` {bar.value} {bar.name.lower()}{rate}{mark}")
    return "\n".join(lines)


def _section(section: Section) -> str:
    quotes = ", ".join(f"“{escape(quote)}”" for quote in section.quotes)
    value = escape(section.value) if section.value else ""
    lead = " ".join(part for part in (section.text, quotes, value) if part)
    heading = f"**{section.title}**" if section.title else ""
    lines = [f"{heading}: {lead}" if heading and lead else heading or lead]
    items = (*section.items, *(f"**{name}**: {'; '.join(rest)}" for name, *rest in section.rows))
    if items:
        lines.append("")
    for number, item in enumerate(items, start=1):
        lines.append(f"{number}. {item}" if section.ordered else f"- {item}")
    return "\n".join(lines).strip()
