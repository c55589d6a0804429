"""What a host page is told about an answer: window.klantkompas.on(...). No text of the conversation is in it."""

from __future__ import annotations

from typing import Any

from bot.advice.answer import Answer

Event = dict[str, Any]


def events(answer: Answer) -> list[Event]:
    """What happens with an answer, as JSON-serialisable data.

    >>> events(Answer("nl", (), phase="do", about="contact"))
    [{'name': 'phase', 'detail': {'phase': 'do'}}, {'name': 'handover', 'detail': {}}]
    """
    found: list[Event] = []
    if answer.phase:
        found.append(_event("phase", phase=answer.phase))
    if answer.phase and answer.title and answer.awaiting == "fit":
        found.append(_event("diagnosed", phase=answer.phase, symptom=answer.symptom))
    if answer.phase and answer.symptom:
        found.append(_event("symptom", phase=answer.phase, symptom=answer.symptom))
    if answer.request:
        found.append(_event("request", kind=answer.request))
    if answer.plan:
        found.append(_event("plan"))
    if answer.about == "contact":
        found.append(_event("handover"))
    return found


def _event(name: str, **detail: object) -> Event:
    return {"name": name, "detail": detail}
