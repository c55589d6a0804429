"""Questions about the last advice are answered about that advice."""

from __future__ import annotations

import pytest

from bot.advice import questions, symptoms
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge import LANGUAGES, Knowledge, Language
from bot.presentation import markdown


@pytest.fixture
def carts(knowledge: Knowledge) -> Situation:
    """A web shop whose carts are not paid, right after the diagnosis."""
    situation = Situation(knowledge, "nl", business_type="webshop")
    told = symptoms.present(knowledge.symptoms["carts_not_paid"], situation)
    return situation.with_case(told.case, "do")


@pytest.mark.parametrize(
    ("text", "language", "kind"),
    [
        ("En hoe lang duurt het voordat ik wat merk?", "nl", "duration"),
        ("hoe vaak moet ik dat doen", "nl", "frequency"),
        ("wanneer moet ik ze bellen?", "nl", "timing"),
        ("wat als niemand reageert?", "nl", "what_if"),
        ("wat als we ze gewoon bellen?", "nl", None),
        ("moet ik de prijs verlagen?", "nl", "should"),
        ("wat moet ik doen?", "nl", None),
        ("mag ik ze zomaar mailen?", "nl", "allowed"),
        ("kan ik dat uitbesteden?", "nl", "outsource"),
        ("hoe weet ik of het werkt", "nl", "sign"),
        ("waar ligt dat aan?", "nl", "find_out"),
        ("wat mag een klik kosten?", "nl", "max_click"),
        ("ok and how often should I send it?", "en", "frequency"),
        ("how long before I see a difference", "en", "duration"),
        ("what if nobody answers", "en", "what_if"),
        ("should I drop my price", "en", "should"),
        ("am I allowed to call them?", "en", "allowed"),
        ("we run a small coffee bar", "en", None),
    ],
)
def test_its_words_give_the_kind_away(knowledge: Knowledge, text: str, language: Language, kind: str | None) -> None:
    assert questions.kind_of(text, Situation(knowledge, language)) == kind


@pytest.mark.parametrize(
    ("question", "field"),
    [("hoe weet ik of het werkt", "sign"), ("wat als het niet werkt", "pitfall"), ("hoe begin ik", "how")],
)
def test_the_answer_is_about_the_step(carts: Situation, question: str, field: str) -> None:
    symptom = carts.symptom
    assert symptom is not None
    told = questions.answer(Utterance(question), carts, symptom)
    assert told is not None
    step = carts.knowledge.steps["order_yourself_on_phone"]
    value = getattr(step, field)
    expected = value.nl[0] if isinstance(value.nl, tuple) else value.nl
    assert carts.fill(expected) in markdown.render(told.answer).text


def test_what_can_go_wrong_is_said_once(carts: Situation) -> None:
    symptom = carts.symptom
    assert symptom is not None
    pitfall = carts.knowledge.steps["order_yourself_on_phone"].pitfall.nl
    first = questions.answer(Utterance("wat als het niet werkt"), carts, symptom)
    assert first is not None
    assert pitfall in markdown.render(first.answer).text
    second = questions.answer(Utterance("wat als het niet werkt"), carts.with_case(first.case), symptom)
    assert second is not None
    assert pitfall not in markdown.render(second.answer).text


def test_law_is_pointed_out_and_never_decided(knowledge: Knowledge) -> None:
    lawyer = next(trade for trade in knowledge.trades.values() if trade.name.nl == "advocatenkantoor")
    assert lawyer.rules is not None
    from msgspec.structs import replace

    situation = Situation(knowledge, "nl")
    situation = situation.with_case(replace(situation.case, trade=lawyer.id))
    told = markdown.render(questions.allowed("mag ik adverteren?", situation).answer).text
    assert "beslis ik niet" in told
    assert lawyer.rules.nl in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_about_a_step_has_an_answer(knowledge: Knowledge, language: Language) -> None:
    situation = Situation(knowledge, language)
    told = symptoms.present(knowledge.symptoms["quotes_not_signed"], situation)
    situation = situation.with_case(told.case, "do")
    symptom = situation.symptom
    assert symptom is not None
    for kind in questions.KINDS:
        words = knowledge.questions[kind].words.localized(language)[0].removeprefix("^")
        told_ = questions.answer(Utterance(words), situation, symptom)
        assert told_ is not None, kind
        assert told_.answer.replies
