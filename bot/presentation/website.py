"""Renders an answer as JSON for the widget: texts in Markdown, the journey, the card, buttons.

User text (`quotes`, `value`) is in fields of its own, which the widget inserts as plain text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.advice.answer import FROM_TEAM, Answer, Asked, Bar, QuickReply, Receipt, Section, UserText
from bot.advice.situation import Situation
from bot.forms.fields import FIELDS, place
from bot.knowledge import PHASES, STAGES, Knowledge
from bot.presentation import markdown


def render(answer: Answer, knowledge: Knowledge) -> dict[str, Any]:
    """The answer as JSON-serialisable data. Buttons have no payload: the widget sends their index in `replies`."""
    situation = Situation(knowledge, answer.language)
    title, sections = answer.title, [s for s in answer.sections if not s.closing and not (answer.card and s.in_card)]
    if answer.receipt:
        title, sections = answer.receipt.title, _receipt(answer.receipt, situation)
    return {
        "language": answer.language,
        "title": title,
        "sections": [_section(section) for section in sections],
        "closing": [_section(s) for s in answer.sections if s.closing],
        "diagnosis": answer.awaiting == "fit" and bool(answer.card),
        "journey": None if answer.journey is None else _journey(answer, situation),
        "card": [{"title": t.title, "sections": [_section(s) for s in t.sections]} for t in answer.card],
        "funnel": _funnel(answer.funnel, situation) if answer.funnel else None,
        "sources": answer.sources,
        "asked": _asked(answer.asked, situation) if answer.asked else None,
        "receipt": answer.receipt.number if answer.receipt else None,
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


def _receipt(receipt: Receipt, situation: Situation) -> list[Section]:
    return [
        Section(situation.say("receipt_next"), items=receipt.next, ordered=True),
        Section(situation.say("receipt_number"), value=UserText(receipt.number)),
    ]


def _asked(asked: Asked, situation: Situation) -> dict[str, Any] | None:
    """What the box needs to know of the field that a form asks for; None for the confirmation."""
    field = FIELDS[asked.field]
    if (at := place(asked.form, field)) is None:
        return None
    number, total = at
    return {
        "form": situation.say(f"button_{asked.form}"),
        "step": situation.say("form_step", number=number, total=total),
        "number": number,
        "of": total,
        "label": situation.say(field.label),
        "kind": field.input,
        "example": situation.say("form_example", example=situation.say(field.example)) if field.is_text else None,
        "wrong": asked.wrong,
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


def _journey(answer: Answer, situation: Situation) -> dict[str, Any]:
    """The journey: a strip of four phases; the explanation of the journey has five stages below it.

    The phases are columns, and the stages span columns `from` to `to`.
    """
    marked = answer.journey or ()
    knowledge, language = situation.knowledge, situation.language
    reached = {s: [n for n, phase in enumerate(PHASES) if s in knowledge.phases[phase].stages] for s in STAGES}
    names = {phase: knowledge.phases[phase].name.localized(language) for phase in PHASES}
    label = situation.say("picture_label", path=" → ".join(names.values()))
    if marked:
        label += " " + situation.say("picture_marked", phases=", ".join(names[phase] for phase in marked))
    return {
        "label": label,
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
            if columns and answer.about == "journey"
        ],
    }
