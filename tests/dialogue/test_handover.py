"""Who asks for a person gets one in opening hours, and otherwise the ways to reach the team."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.chat.turns import IncomingMessage, TurnService
from bot.services import Services

MORNING, EVENING = datetime(2026, 11, 23, 10, 0), datetime(2026, 11, 23, 20, 0)
"""Of a Monday."""


@pytest.fixture
def in_slack(services: Services, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The team has a channel in Slack."""
    settings = {"slack_bot_token": "xoxb-1", "slack_app_token": "xapp-1", "slack_requests_channel": "C1"}
    for name, value in settings.items():
        monkeypatch.setattr(services.settings, name, value)
    return monkeypatch


async def asked(turns: TurnService, conversation: str) -> tuple[str, list[str]]:
    """What the advisor answers, with the buttons."""
    (answer,) = await turns.answer(IncomingMessage("ik wil iemand spreken", conversation))
    return " ".join(section.text or "" for section in answer.sections), [reply.title for reply in answer.replies]


async def test_in_opening_hours_the_team_is_asked_once(turns: TurnService, in_slack: pytest.MonkeyPatch) -> None:
    in_slack.setattr(Services, "now", lambda _: MORNING)
    text, buttons = await asked(turns, "website-open")
    assert "Binnen 3 minuten hoor je of het lukt" in text
    assert buttons == []
    text, _ = await asked(turns, "website-open")
    assert "Ik heb het team al gevraagd" in text
    (handover,) = turns.services.handovers.of("website-open")
    assert handover.state == "waiting"


async def test_outside_opening_hours_an_appointment_is_offered_at_once(
    turns: TurnService, in_slack: pytest.MonkeyPatch
) -> None:
    in_slack.setattr(Services, "now", lambda _: EVENING)
    text, buttons = await asked(turns, "website-closed")
    assert "op werkdagen van 9.00 tot 17.00 uur" in text
    assert buttons == ["Afspraak maken"]
    assert turns.services.handovers.of("website-closed") == []


async def test_who_asks_again_after_nobody_came_gets_the_other_ways(
    turns: TurnService, in_slack: pytest.MonkeyPatch
) -> None:
    in_slack.setattr(Services, "now", lambda _: MORNING)
    await asked(turns, "website-late")
    turns.services.handovers.postpone(turns.services.handovers.of("website-late")[0].number)
    text, buttons = await asked(turns, "website-late")
    assert "Het lukt nu niemand" in text
    assert buttons == ["Afspraak maken"]


@pytest.mark.parametrize("conversation", ["rest-me", "terminal"])
async def test_elsewhere_nobody_can_take_over(
    turns: TurnService, in_slack: pytest.MonkeyPatch, conversation: str
) -> None:
    in_slack.setattr(Services, "now", lambda _: MORNING)
    text, buttons = await asked(turns, conversation)
    assert "Je bereikt het Klantkompas-team" in text
    assert buttons == ["Afspraak maken"]
