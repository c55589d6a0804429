"""Renders an answer as JSON for the widget: texts in Markdown, the journey, the card, buttons.

User text (`quotes`, `value`) is in fields of its own, which the widget inserts as plain text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.advice.answer import FROM_TEAM, Answer, Bar, QuickReply, Section
from bot.advice.situation import Situation
from bot.knowledge import PHASES, STAGES, Knowledge, PhaseId
from bot.presentation import markdown


def render(answer: Answer, knowledge: Knowledge) -> dict[str, Any]:
    """The answer as JSON-serialisable data. Buttons have no payload: the widget sends their index in `replies`."""
    return {
        "language": answer.language,
        "title": answer.title,
        "sections": [_section(s) for s in answer.sections if not s.closing and not (answer.card and s.in_card)],
        "closing": [_section(s) for s in answer.sections if s.closing],
        "journey": None if answer.journey is None else _journey(answer.journey, Situation(knowledge, answer.language)),
        "card": [{"title": t.title, "sections": [_section(s) for s in t.sections]} for t in answer.card],
        "funnel": _funnel(answer.funnel, Situation(knowledge, answer.language)) if answer.funnel else None,
        "sources": answer.sources,
        "replies": [reply.title for reply in replies(answer)],
        "text": markdown.render(answer).text,
        "rateable": answer.is_advice,
        "person": answer.person,
        "from_team": answer.about == FROM_TEAM,
    }


def replies(answer: Answer) -> list[QuickReply]:
    """The buttons to show: without those that the card answers, if there is one."""
    return [reply for reply in answer.replies if not (answer.card and reply.in_card)]


def _section(section: Section) -> dict[str, Any]:
    return {
        "title": section.title,
        "text": section.text,
        "items": section.items,
        "ordered": section.ordered,
        "quotes": [quote.text for quote in section.quotes],
        "value": section.value.text if section.value else None,
        "columns": section.columns,
        "rows": section.rows,
    }


def _funnel(bars: Sequence[Bar], situation: Situation) -> dict[str, Any]:
    """The funnel: a bar for each step, drawn to scale, and the picture's text alternative."""
    described = [f"{bar.value} {bar.name.lower()}" + (f" ({bar.rate})" if bar.rate else "") for bar in bars]
    return {
        "label": situation.say("funnel_label", steps=", ".join(described)),
        "leak": situation.say("funnel_leak"),
        "bars": [
            {
                "name": bar.name,
                "value": bar.value,
                "width": bar.width,
                "rate": bar.rate,
                "usual": bar.usual,
                "usual_rate": situation.say("funnel_usual", rate=bar.usual_rate) if bar.usual_rate else None,
                "leaks": bar.leaks,
            }
            for bar in bars
        ],
    }


def _journey(marked: tuple[PhaseId, ...], situation: Situation) -> dict[str, Any]:
    """The picture of the journey: four phases as columns, and five stages that span columns `from` to `to`."""
    knowledge, language = situation.knowledge, situation.language
    reached = {s: [n for n, phase in enumerate(PHASES) if s in knowledge.phases[phase].stages] for s in STAGES}
    names = {phase: knowledge.phases[phase].name.localized(language) for phase in PHASES}
    label = situation.say("picture_label", path=" → ".join(names.values()))
    if marked:
        label += " " + situation.say("picture_marked", phases=", ".join(names[phase] for phase in marked))
    return {
        "label": label,
        "here": situation.say("picture_here"),
        "phases": [
            {
                "id": phase,
                "name": names[phase],
                "nickname": knowledge.phases[phase].nickname.localized(language),
                "marked": phase in marked,
            }
            for phase in PHASES
        ],
        "stages": [
            {
                "name": knowledge.stages[stage].name.localized(language),
                "from": min(columns),
                "to": max(columns),
                "marked": any(PHASES[column] in marked for column in columns),
            }
            for stage, columns in reached.items()
            if columns
        ],
    }
