"""The trained model on utterances that it has not seen. The bounds are floors, not what was measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasa.core.agent import Agent

from bot.advice import exchanges
from bot.advice.case import Case, Problem
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.evaluation import scoring
from bot.evaluation.scoring import EvaluationFileError, Result
from bot.knowledge import Knowledge
from bot.nlu.components.featurizers import base

HELD_OUT = Path(__file__).with_name("held_out.jsonl")
HELD_OUT_SYMPTOMS = Path(__file__).with_name("held_out_symptoms.jsonl")
HELD_OUT_MOVES = Path(__file__).with_name("held_out_moves.jsonl")
HELD_OUT_EXCHANGES = Path(__file__).with_name("held_out_exchanges.jsonl")
HELD_OUT_SCOPE = Path(__file__).with_name("held_out_scope.jsonl")

MAGNETS = {"faq_price", "follow_up", "ask_channels", "phase_see"}
"""Labels that everyday talk was taken for."""


@pytest.fixture(scope="session")
async def results(agent: Agent) -> list[Result]:
    return await scoring.evaluate(agent.parse_message, scoring.read(HELD_OUT))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_unseen_utterances_are_understood(results: list[Result], language: str) -> None:
    summary = scoring.summarise([r for r in results if r.utterance.language == language])
    assert summary.accuracy >= 0.90
    assert summary.phase_accuracy >= 0.90
    assert summary.phase_top2_accuracy >= 0.97
    assert summary.out_of_scope_recall >= 0.85
    assert summary.false_rejection_rate <= 0.05


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_symptoms_are_recognised(agent: Agent, language: str) -> None:
    rows = [u for u in scoring.read(HELD_OUT_SYMPTOMS) if u.language == language]
    summary = scoring.summarise(await scoring.evaluate(agent.parse_message, rows))
    assert summary.symptom_accuracy >= 0.78
    assert summary.symptom_top2_accuracy >= 0.89
    assert summary.phase_accuracy >= 0.80


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_moves_are_recognised(agent: Agent, language: str) -> None:
    rows = [u for u in scoring.read(HELD_OUT_MOVES) if u.language == language]
    assert scoring.summarise(await scoring.evaluate(agent.parse_message, rows)).move_accuracy >= 0.86


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_what_owners_say_in_a_problem_finds_its_exchange(
    agent: Agent, knowledge: Knowledge, language: str
) -> None:
    rows = [json.loads(line) for line in HELD_OUT_EXCHANGES.read_text(encoding="utf-8").splitlines()]
    found = []
    for row in rows:
        if row["lang"] == language:
            problem = knowledge.symptoms[knowledge.exchanges[row["label"]].symptoms[0]]
            case = Case().with_problem(Problem(problem.phase, problem.id))
            parsed = await agent.parse_message(row["text"])
            intent = parsed["intent"]
            near = {e["name"]: e["confidence"] for e in parsed["exchanges"]}
            said = Utterance(row["text"], intent["name"], intent["confidence"], exchanges=near)
            likeliest = exchanges.likeliest(said, Situation(knowledge, case=case))
            found.append((likeliest.id if likeliest else None) == row["label"])
    assert sum(found) / len(found) >= 0.42


async def test_everyday_talk_is_out_of_scope_and_magnets_attract_hardly_any(agent: Agent) -> None:
    results = await scoring.evaluate(agent.parse_message, scoring.read(HELD_OUT_SCOPE))
    assert scoring.summarise(results).out_of_scope_recall >= 0.9
    attracted = [(r.utterance.text, r.predicted) for r in results if r.predicted in MAGNETS]
    assert len(attracted) <= 0.03 * len(results), attracted


async def test_a_problem_has_its_symptom_beside_the_phase(agent: Agent) -> None:
    parsed = await agent.parse_message("ze vullen hun winkelmandje en dan betalen ze niet")
    assert parsed["intent"]["name"] == "struggle_do"
    assert parsed["sub_intents"]["struggle_do"][0]["name"] == "carts_not_paid"
    for ranking in parsed["sub_intents"].values():
        assert sum(i["confidence"] for i in ranking) == pytest.approx(1.0, abs=1e-3)
    assert sum(i["confidence"] for i in parsed["intent_ranking"]) == pytest.approx(1.0, abs=1e-3)


async def test_typographic_characters_change_nothing(agent: Agent) -> None:
    plain = await agent.parse_message('they don\'t buy - "too dear" they say')
    curly = await agent.parse_message("they don\u2019t buy \u2013 \u201ctoo dear\u201d they say")
    assert plain["intent_ranking"] == curly["intent_ranking"]


async def test_the_words_that_decided_come_with_the_diagnosis(agent: Agent) -> None:
    parsed = await agent.parse_message("ze doen een proefrit en tekenen het koopcontract bij een ander")
    assert parsed["intent"]["name"] == "struggle_do"
    assert all(phrase in parsed["text"] for phrase in parsed["attribution"]["struggle_do"])
    assert parsed["attribution"]["struggle_do"]
    assert (await agent.parse_message("goedemorgen"))["attribution"] == {}


async def test_language_is_detected(agent: Agent) -> None:
    utterances = [u for u in scoring.read(HELD_OUT) if len(u.text.split()) > 2]
    right = [(await agent.parse_message(u.text))["language"] == u.language for u in utterances]
    assert sum(right) / len(right) >= 0.97


def test_a_faulty_evaluation_file_is_explained(tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text('{"lang": "nl", "text": "hoi", "label": "greet"}\n{"text": "hoi"}\n')
    with pytest.raises(EvaluationFileError, match=r"mine\.jsonl, line 2: expected a JSON object with lang"):
        list(scoring.read(file))


def _component(agent: Agent, name: str) -> Any:
    """The first component of a loaded model with this in its name."""
    assert agent.processor is not None
    nodes = agent.processor.graph_runner._nodes
    return next(node._component for key, node in nodes.items() if name in key)


async def _intents(agent: Agent, texts: list[str]) -> list[str]:
    return [(await agent.parse_message(text))["intent"]["name"] for text in texts]


async def test_the_projection_finds_the_nearest_examples(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    neighbours = _component(agent, "NearestNeighboursFeaturizer")
    votes = []
    features = neighbours.features

    def recorded(message: Any) -> Any:
        votes.append((features(message), message))
        return features(message)

    monkeypatch.setattr(neighbours, "features", recorded)
    await _intents(agent, [utterance.text for utterance in scoring.read(HELD_OUT)][::5])
    for found, message in votes:
        similarity = neighbours._vectors @ base.features_of(message, neighbours._input)
        assert np.abs(found - neighbours._votes(similarity, neighbours._intents)).max() < 0.1
