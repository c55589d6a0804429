"""What the advisor says to moves: reactions to its last answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.advice import moves
from bot.advice.situation import Situation
from bot.knowledge import LANGUAGES, PHASES, Knowledge, Language, TopicId
from bot.presentation import markdown
from bot.settings import ROOT


@pytest.fixture
def situation(knowledge: Knowledge) -> Situation:
    return Situation(knowledge, "nl", phase="do")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("move", sorted(moves.MOVES))
def test_every_move_has_an_answer_with_a_way_on(knowledge: Knowledge, move: str, language: Language) -> None:
    for phase in (None, *PHASES):
        answer = moves.answer(move, Situation(knowledge, language, phase=phase))
        assert markdown.render(answer).text
        assert answer.replies


def test_the_moves_are_those_of_the_domain_and_its_rule() -> None:
    domain = YAML(typ="safe").load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    assert set(domain["intents"]) >= moves.MOVES
    rules = YAML(typ="safe").load(Path(ROOT / "data/stories/advice.yml").read_text(encoding="utf-8"))["rules"]
    (rule,) = [r for r in rules if r["steps"][-1] == {"action": "action_answer_move"}]
    assert {step["intent"] for step in rule["steps"][0]["or"]} == moves.MOVES


def test_more_goes_through_the_topics_of_the_phase(situation: Situation) -> None:
    before: tuple[TopicId | None, ...] = (None, "channels", "message")
    after = [moves.answer("tell_more", replace(situation, topic=topic)).topic for topic in before]
    assert after == ["channels", "message", "measurement"]


def test_an_insult_and_a_complaint_offer_a_person_first(situation: Situation) -> None:
    for move in ("insult", "complain_about_answer", "delete_my_data"):
        assert moves.answer(move, situation).replies[0].intent == "request_human"
