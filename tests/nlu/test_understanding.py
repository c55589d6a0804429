"""The trained model on utterances that it has not seen. The bounds are floors, not what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from rasa.core.agent import Agent

from bot.quality import evaluation
from bot.quality.evaluation import EvaluationFileError, Result

HELD_OUT = Path(__file__).with_name("held_out.jsonl")


@pytest.fixture(scope="session")
async def results(agent: Agent) -> list[Result]:
    return await evaluation.evaluate(agent, evaluation.read(HELD_OUT))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_unseen_utterances_are_understood(results: list[Result], language: str) -> None:
    summary = evaluation.summarise([r for r in results if r.utterance.language == language])
    assert summary.right >= 0.90
    assert summary.phases_right >= 0.90
    assert summary.phase_among_first_two >= 0.97
    assert summary.out_of_scope_found >= 0.85
    assert summary.false_alarms <= 0.05


async def test_the_words_that_decided_come_with_the_diagnosis(agent: Agent) -> None:
    parsed = await agent.parse_message("ze doen een proefrit en tekenen het koopcontract bij een ander")
    assert parsed["intent"]["name"] == "struggle_do"
    assert all(phrase in parsed["text"] for phrase in parsed["evidence"]["struggle_do"])
    assert parsed["evidence"]["struggle_do"]
    assert (await agent.parse_message("goedemorgen"))["evidence"] == {}


async def test_language_is_detected(agent: Agent) -> None:
    utterances = [u for u in evaluation.read(HELD_OUT) if len(u.text.split()) > 2]
    right = [(await agent.parse_message(u.text))["language"] == u.language for u in utterances]
    assert sum(right) / len(right) >= 0.97


def test_a_faulty_evaluation_file_is_explained(tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text('{"lang": "nl", "text": "hoi", "label": "greet"}\n{"text": "hoi"}\n')
    with pytest.raises(EvaluationFileError, match=r"mine\.jsonl, line 2: expected a JSON object with lang"):
        list(evaluation.read(file))
