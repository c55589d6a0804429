"""The training data: enough of it, each line once, and nothing of what measures it."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.evaluation.cross_validation import read_examples
from bot.evaluation.scoring import MOVES
from bot.knowledge import LANGUAGES, Knowledge
from bot.settings import ROOT

PHASE_INTENTS = {"struggle_see", "struggle_think", "struggle_do", "struggle_care"}
LEAST = {
    **dict.fromkeys(PHASE_INTENTS, 900),
    "out_of_scope": 2500,
    **dict.fromkeys(MOVES - {"inform", "follow_up"}, 150),
}
LEAST_SYMPTOM = 60
HELD_OUT = sorted(Path(__file__).parent.glob("held_out*.jsonl"))
SCOPE = {"other_subject", "professional", "marketing_detail"}
"""Kinds of messages that are out of scope."""
WITHOUT_EXAMPLES = {"nlu_fallback", "empty_message", "too_long", "skip_figure"}
"""Intents that no classifier gives."""


def held_out_rows() -> list[dict[str, str]]:
    """The rows of all files that measure the understanding."""
    return [json.loads(line) for file in HELD_OUT for line in file.read_text(encoding="utf-8").splitlines()]


def normal(text: str) -> str:
    """A text without case, punctuation and doubled spaces."""
    return " ".join(re.sub(r"[^\w ]", " ", text.lower()).split())


@pytest.fixture(scope="module")
def examples() -> list[tuple[str, str, str]]:
    """(language, intent, text) of every line in data/nlu."""
    return [(example.language, example.intent, example.text) for example in read_examples()]


def test_there_are_enough_utterances_of_each_intent_in_each_language(examples: list[tuple[str, str, str]]) -> None:
    counts = Counter((language, intent) for language, intent, _ in examples)
    for language in LANGUAGES:
        for intent in {intent for _, intent, _ in examples}:
            assert counts[language, intent] >= LEAST.get(intent, 60), (language, intent)


def test_there_are_enough_utterances_of_each_symptom_and_they_are_those_of_the_knowledge_base(
    knowledge: Knowledge,
) -> None:
    counts = Counter((e.language, e.full_intent) for e in read_examples() if e.sub_intent)
    for language in LANGUAGES:
        for symptom in knowledge.symptoms.values():
            assert counts[language, symptom.intent] >= LEAST_SYMPTOM, (language, symptom.id)
    known = {symptom.intent for symptom in knowledge.symptoms.values()} | {f"out_of_scope/{kind}" for kind in SCOPE}
    assert {intent for _, intent in counts} == known


def test_every_intent_of_the_domain_has_examples_and_every_example_an_intent(
    examples: list[tuple[str, str, str]], knowledge: Knowledge
) -> None:
    domain = set(YAML(typ="safe").load((ROOT / "domain.yml").read_text())["intents"]) - WITHOUT_EXAMPLES
    faq = {entry.intent for entry in knowledge.faq.values()}
    assert domain <= {intent for _, intent, _ in examples}
    assert {intent for _, intent, _ in examples} <= domain | faq


def test_no_line_stands_there_twice(examples: list[tuple[str, str, str]]) -> None:
    counts = Counter((language, normal(text)) for language, _, text in examples if normal(text))
    assert [key for key, number in counts.items() if number > 1] == []


def test_no_text_has_two_intents(examples: list[tuple[str, str, str]], knowledge: Knowledge) -> None:
    intents: dict[str, set[str]] = {}
    for _, intent, text in examples:
        if normal(text):
            intents.setdefault(normal(text), set()).add(intent)
    for faq in knowledge.faq.values():
        for question in faq.questions.all():
            intents.setdefault(normal(question), set()).add(faq.intent)
    assert {text: found for text, found in intents.items() if len(found) > 1} == {}


def test_no_line_is_a_payload_or_annotated(examples: list[tuple[str, str, str]]) -> None:
    assert [text for _, _, text in examples if text.startswith("/") or re.search(r"\]\(|\]\{", text)] == []


SENTENCE = 4
"""Words from which a line says enough to be compared: "en SEA?" and "wat is SEA?" are alike and mean something else."""


def alike(examples: list[tuple[str, str, str]], others: list[str], least: float) -> list[tuple[int, int]]:
    """Pairs (line, other) of sentences whose characters are alike (cosine of tf-idf on three and four of them)."""
    texts = [text for _, _, text in examples]
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), sublinear_tf=True, dtype=np.float32)
    rows = vectorizer.fit_transform(texts)
    columns = vectorizer.transform(others).T.tocsc()
    pairs = []
    for start in range(0, len(texts), 500):  # in parts, as the whole product does not fit into memory
        product = (rows[start : start + 500] @ columns).tocoo()
        for line, other in zip(product.row[product.data >= least], product.col[product.data >= least], strict=True):
            if min(len(texts[start + line].split()), len(others[other].split())) >= SENTENCE:
                pairs.append((start + int(line), int(other)))
    return pairs


def test_no_line_is_nearly_another_and_none_contradicts_another(examples: list[tuple[str, str, str]]) -> None:
    found = alike(examples, [text for _, _, text in examples], 0.9)
    assert [(examples[a], examples[b]) for a, b in found if a < b and examples[a][0] == examples[b][0]] == []


def test_no_line_leaks_from_the_held_out_utterances(examples: list[tuple[str, str, str]]) -> None:
    rows = held_out_rows()
    found = alike(examples, [row["text"] for row in rows], 0.8)
    assert [(examples[a][2], rows[b]["text"]) for a, b in found] == []


def test_no_sentence_of_an_exchange_leaks_from_the_held_out_utterances(knowledge: Knowledge) -> None:
    sentences: list[tuple[str, str, str]] = [
        (language, exchange.id, sentence)
        for exchange in knowledge.exchanges.values()
        for language in LANGUAGES
        for sentence in exchange.says.localized(language)
    ]
    rows = held_out_rows()
    found = alike(sentences, [row["text"] for row in rows], 0.8)
    assert [(sentences[a][2], rows[b]["text"]) for a, b in found] == []


def test_held_out_utterances_are_not_in_the_training_data(
    examples: list[tuple[str, str, str]], knowledge: Knowledge
) -> None:
    small_talk = {"greet", "goodbye", "thanks", "affirm", "deny", "bot_challenge"}
    trained = {normal(text) for _, _, text in examples}
    trained |= {normal(question) for faq in knowledge.faq.values() for question in faq.questions.all()}
    rows = held_out_rows()
    assert len(rows) >= 1000
    assert [r["text"] for r in rows if r["label"] not in small_talk and normal(r["text"]) in trained] == []
