"""What the team sees of a case, what the visitor is told, and when a person can be asked for at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

import pytest

from bot.advice import handovers
from bot.advice.case import Case, Fact, Problem, Ref
from bot.advice.situation import Situation
from bot.knowledge import LANGUAGES, Knowledge, Language
from bot.services import Services
from bot.storage.messages import MessageStore

MONDAY_MORNING, MONDAY_EVENING = datetime(2026, 11, 23, 10, 0), datetime(2026, 11, 23, 20, 0)
SLACK = {"slack_bot_token": "xoxb-1", "slack_app_token": "xapp-1", "slack_requests_channel": "C1"}


def test_the_team_sees_all_that_is_known_and_nothing_else(knowledge: Knowledge) -> None:
    symptom = knowledge.symptoms["visitors_dont_buy"]
    first, second, *_ = symptom.steps
    case = Case(
        problems=(Problem("do", symptom.id, next(iter(symptom.causes))),),
        trade="bakery" if "bakery" in knowledge.trades else next(iter(knowledge.trades)),
        facts=(Fact("visitors", 18000, "count", "month"), Fact("share", 0.4, "ratio")),
        said=(Ref("step", first), Ref("channel", "seo")),
        tried=(Ref("step", second),),
    )
    known = dict(handovers.known(Situation(knowledge, "nl", phase="do", case=case)))
    assert list(known) == ["trade", "phase", "symptom", "cause", "facts", "advised", "tried"]
    assert known["facts"] == "18.000 bezoekers"
    assert known["advised"] == knowledge.steps[first].name.nl
    assert handovers.known(Situation(knowledge, "nl")) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_is_known_has_a_label(knowledge: Knowledge, language: Language) -> None:
    for name in ("trade", "phase", "symptom", "cause", "facts", "advised", "tried"):
        assert knowledge.slack[f"case_{name}"].localized(language)


@pytest.mark.parametrize(("minutes", "text"), [(3, "Binnen 3 minuten"), (0.5, "Binnen een minuut")])
def test_the_visitor_is_told_how_long_it_takes(knowledge: Knowledge, minutes: float, text: str) -> None:
    answer = handovers.asked(Situation(knowledge), minutes, again=False)
    assert text in str(answer.sections[0].text)


def test_what_people_say_can_not_be_rated_or_shared(knowledge: Knowledge) -> None:
    situation = Situation(knowledge)
    for answer in (handovers.joined("Anna", situation), handovers.left("Anna", situation, idle=True)):
        assert not answer.is_advice
    assert not handovers.from_team("Anna", "Hoi", "nl").is_advice


@pytest.mark.parametrize(
    ("settings", "conversation", "now", "possible"),
    [
        ({**SLACK}, "website-1", MONDAY_MORNING, True),
        ({**SLACK}, "website-1", MONDAY_EVENING, False),
        ({**SLACK, "handover": "always"}, "website-1", MONDAY_EVENING, True),
        ({**SLACK, "handover": "off"}, "website-1", MONDAY_MORNING, False),
        ({**SLACK, "slack_requests_channel": ""}, "website-1", MONDAY_MORNING, False),
        ({}, "website-1", MONDAY_MORNING, False),
        ({**SLACK}, "rest-1", MONDAY_MORNING, False),
        ({**SLACK}, "slack-T1-D1--", MONDAY_MORNING, False),
    ],
)
def test_a_person_can_be_asked_for_on_the_website_in_opening_hours_with_slack(
    services: Services, settings: dict[str, str], conversation: str, now: datetime, possible: bool
) -> None:
    changed = replace(services, settings=services.settings.copy(update=settings))
    with patch.object(Services, "now", lambda _: now):
        assert changed.can_hand_over(conversation) is possible


def test_a_revision_replaces_and_a_removal_leaves_nothing(tmp_path: Path) -> None:
    store = MessageStore(f"sqlite:///{tmp_path}/messages.db")
    said, revised, removed = (handovers.from_team("Anna", text, "nl") for text in ("negen uur", "tien uur", ""))
    store.add_notice("a", said, "team 1")
    assert store.revise("a", "team 1", revised)
    assert not store.revise("a", "team 1", revised)
    assert [(m.position, m.revises, m.answer) for m in store.after("a", 0)] == [(1, None, revised), (2, 1, revised)]
    assert store.revise("a", "team 1", removed)
    assert [(m.position, m.revises, m.answer) for m in store.after("a", 0)] == [(3, 1, removed)]
    again, is_new = store.add_notice("a", said, "team 1")
    assert (again.position, is_new) == (3, False)
    assert not store.revise("a", "team 2", revised)
