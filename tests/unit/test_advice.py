"""What is said, from a situation alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from bot.advice import (
    consultation,
    diagnosis,
    form_answers,
    funnel,
    glossary,
    journey,
    language_choice,
    marketing_channels,
    phases,
    shares,
    smalltalk,
)
from bot.advice.answer import Answer, UserText
from bot.advice.case import Fact
from bot.advice.diagnosis import CueFound, diagnose
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge import LANGUAGES, PHASES, STAGES, TOPICS, Knowledge, Language
from bot.presentation import markdown


@pytest.fixture
def situation(knowledge: Knowledge) -> Situation:
    return Situation(knowledge)


def text(answer: Answer) -> str:
    return markdown.render(answer).text


def counts(visitors: float, orders: float) -> Utterance:
    """A message that tells visitors and orders."""
    return Utterance(facts=(Fact("visitors", visitors, "count"), Fact("orders", orders, "count")))


def test_a_clear_problem_is_one_phase_with_its_words(situation: Situation) -> None:
    found = diagnose({"struggle_do": 0.9, "struggle_care": 0.05}, [CueFound("buys_not", "niemand bestelt")], situation)
    assert (found.kind, found.phases) == ("clear", ("do",))
    answer = diagnosis.describe(found, situation)
    assert "niemand bestelt" in text(answer)
    assert answer.awaiting == "fit"


def test_two_problems_are_two_phases_the_earliest_first(situation: Situation) -> None:
    cues = [CueFound("comes_back", "komen niet terug"), CueFound("not_known", "niemand kent ons")]
    found = diagnose({"struggle_care": 0.55, "struggle_see": 0.4}, cues, situation)
    assert (found.kind, found.phases) == ("both", ("see", "care"))
    answer = text(diagnosis.describe(found, situation))
    assert answer.index("niemand kent ons") < answer.index("komen niet terug")


def test_a_second_phase_without_its_own_words_is_not_claimed(situation: Situation) -> None:
    cues = [CueFound("not_known", "niemand kent ons")]
    assert diagnose({"struggle_care": 0.3, "struggle_see": 0.6}, cues, situation).kind == "clear"


def test_a_vague_problem_asks_one_question_with_the_owners_words(situation: Situation) -> None:
    found = diagnose({"struggle_unclear": 0.8, "struggle_do": 0.1}, [], situation)
    answer = diagnosis.describe(found, situation)
    assert found.kind == "unclear"
    assert [reply.intent for reply in answer.replies] == [f"struggle_{phase}" for phase in PHASES]


def test_likely_phases_only_are_offered(situation: Situation) -> None:
    ranking = {"struggle_see": 0.37, "struggle_think": 0.37, "struggle_do": 0.2}
    found = diagnose(ranking, [], situation)
    assert found.kind == "unclear"
    assert "care" not in found.phases


def test_telling_words_of_two_phases_outweigh_a_classifier_that_is_too_sure(situation: Situation) -> None:
    cues = [CueFound("not_known", "don't know we exist"), CueFound("comes_back", "never come back")]
    found = diagnose({"struggle_care": 0.99, "struggle_see": 0.01}, cues, situation)
    assert (found.kind, found.phases) == ("both", ("see", "care"))


def test_the_question_whether_it_fits_is_asked_only_when_it_may_not(situation: Situation) -> None:
    question = situation.say("does_this_fit")
    sure = diagnose({"struggle_do": 0.97, "struggle_see": 0.01}, [], situation)
    likely = diagnose({"struggle_do": 0.6, "struggle_see": 0.3}, [], situation)
    assert question not in text(diagnosis.describe(sure, situation))
    assert question in text(diagnosis.describe(likely, situation))


def test_the_classifiers_own_words_are_quoted_where_no_cue_was_found(situation: Situation) -> None:
    attribution = {"do": ["proefrit", "koopcontract"], "care": ["klanten"]}
    without = diagnose({"struggle_do": 0.9}, [], situation, attribution=attribution)  # type: ignore[arg-type]
    cues = [CueFound("buys_not", "koopt niemand")]
    with_cue = diagnose({"struggle_do": 0.9}, cues, situation, attribution=attribution)  # type: ignore[arg-type]
    assert "“proefrit”, “koopcontract”" in text(diagnosis.describe(without, situation))
    assert "koopt niemand" in text(diagnosis.describe(with_cue, situation))
    assert "koopcontract" not in text(diagnosis.describe(with_cue, situation))
    assert with_cue.kind == "clear", "the classifier's words for another phase don't make two phases"


def test_telling_words_outweigh_a_classifier_that_is_not_sure(situation: Situation) -> None:
    cues = [CueFound("booking", "nobody books")]
    found = diagnose({"struggle_think": 0.7, "struggle_see": 0.15, "struggle_do": 0.1}, cues, situation)
    assert (found.kind, found.phases) == ("clear", ("do",))
    sure = diagnose({"struggle_think": 0.97, "struggle_do": 0.02}, cues, situation)
    assert sure.phases == ("think",)


def test_few_orders_are_the_do_phase_and_good_figures_are_a_question(situation: Situation) -> None:
    assert consultation.figures(counts(5000, 12), situation).answer.phase == "do"
    good = consultation.figures(counts(200, 15), situation).answer
    assert good.phase is None
    assert "hoger dan gemiddeld" in text(good)
    assert "7,5%" in text(good)


def test_a_low_rate_of_few_visitors_is_no_problem_yet(situation: Situation) -> None:
    told = consultation.figures(counts(200, 1), situation).answer
    assert told.phase is None
    assert "0,09 of 2,8%" in text(told)
    assert "lager" not in text(told)


def test_the_benchmark_of_web_shops_judges_no_other_business(situation: Situation) -> None:
    told = consultation.figures(counts(5000, 12), replace(situation, business_type="trades"))
    assert told.answer.phase is None
    assert "lager" not in text(told.answer)


def test_nonsense_is_no_phase(situation: Situation) -> None:
    assert diagnose({"out_of_scope": 0.6, "struggle_do": 0.2}, [], situation).kind == "unknown"


def test_a_denied_phase_is_not_offered_again(situation: Situation) -> None:
    answer = diagnosis.ask_other_phase(replace(situation, phase="do"))
    assert [reply.intent for reply in answer.replies] == ["struggle_see", "struggle_think", "struggle_care"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("phase", PHASES)
def test_every_phase_has_an_overview_topics_and_steps(situation: Situation, phase: str, language: Language) -> None:
    here = replace(situation, language=language)
    for answer in (
        phases.overview(phase, here),  # type: ignore[arg-type]
        phases.first_steps(phase, here),  # type: ignore[arg-type]
        *(phases.advise(topic, phase, here) for topic in TOPICS),  # type: ignore[arg-type]
    ):
        assert len(text(answer)) > 200
        assert answer.phase == phase
        assert answer.replies


def test_answers_fit_a_phone(situation: Situation) -> None:
    """About three screens of a phone at the most, at some 600 characters a screen."""
    for language_ in LANGUAGES:
        here = replace(situation, language=language_, business_type="webshop")
        for phase in PHASES:
            found = diagnose({f"struggle_{phase}": 1.0}, [], here)
            assert len(text(diagnosis.describe(found, here))) < 1200
            for topic in TOPICS:
                assert len(text(phases.advise(topic, phase, here))) < 1800


def test_a_known_kind_of_business_gets_its_own_channels(situation: Situation, knowledge: Knowledge) -> None:
    here = replace(situation, business_type="trades")
    own = knowledge.business_types["trades"].channels["do"][0]
    assert knowledge.channels[own].name.nl in text(phases.advise("channels", "do", here))


def test_advice_without_a_phase_asks_which(situation: Situation) -> None:
    answer = phases.advise_without_phase("channels", situation)
    assert answer.awaiting == "phase"
    assert [reply.entities["phase"] for reply in answer.replies] == list(PHASES)


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_says_what_to_do(situation: Situation, stage: str) -> None:
    assert situation.knowledge.stages[stage].task.nl in text(journey.stage(stage, situation))  # type: ignore[index,arg-type]


def test_only_do_is_answered_with_a_reason(situation: Situation) -> None:
    answer = text(journey.why_not_only_do(situation))
    assert "See" in answer
    assert "Dawes" in answer


def test_every_channel_and_metric_and_question_is_answered(situation: Situation, knowledge: Knowledge) -> None:
    for language_ in LANGUAGES:
        here = replace(situation, language=language_)
        for id_, channel in knowledge.channels.items():
            assert channel.caveat.localized(language_) in text(marketing_channels.fit(id_, here))
        for id_, metric in knowledge.metrics.items():
            assert metric.mistake.localized(language_) in text(glossary.metric(id_, here))
        for id_, faq in knowledge.faq.items():
            assert faq.answer.localized(language_) in text(glossary.faq(id_, here))


def test_a_doubtful_channel_is_not_recommended(situation: Situation, knowledge: Knowledge) -> None:
    channel = next(c for c in knowledge.channels.values() if c.doubtful_for)
    answer = marketing_channels.fit(channel.id, replace(situation, business_type=channel.doubtful_for[0]))
    assert "zou ik er niet mee beginnen" in text(answer)


def test_a_benchmark_names_its_source(situation: Situation, knowledge: Knowledge) -> None:
    benchmark = knowledge.benchmarks_for("conversion_rate")[0]
    assert knowledge.sources[benchmark.source].name in text(glossary.metric("conversion_rate", situation))


def test_orders_are_divided_by_visitors(situation: Situation) -> None:
    (rate,) = funnel.rates(counts(5000, 12).facts)
    assert rate.share == pytest.approx(0.0024)
    assert "0,24%" in shares.describe_rate(rate, situation)
    assert "0.24%" in shares.describe_rate(rate, replace(situation, language="en"))


def test_contradicting_counts_give_no_rate() -> None:
    assert funnel.rates(counts(0, 12).facts) == ()
    assert funnel.rates(counts(3, 12).facts) == ()
    assert funnel.rates([Fact("orders", 12, "count")]) == ()


@pytest.mark.parametrize(
    ("current", "detected", "confidence", "said", "expected"),
    [
        (None, "en", 0.6, "our shop is dead", "en"),
        ("nl", "en", 0.99, "how do I measure that?", "en"),
        ("nl", "en", 0.6, "how do I measure that?", "nl"),
        ("nl", "en", 0.8, "ok", "nl"),
        ("en", None, 0.0, "/affirm", "en"),
        (None, None, 0.0, "/affirm", "nl"),
    ],
)
def test_short_and_unclear_messages_keep_the_language(
    current: Language | None, detected: str | None, confidence: float, said: str, expected: Language
) -> None:
    assert language_choice.choose(current, detected, confidence, said) == expected


def test_a_named_language_is_recognised(knowledge: Knowledge) -> None:
    assert language_choice.requested("kan dit in het Engels?", knowledge, "nl") == "en"
    assert language_choice.requested("in Dutch please", knowledge, "en") == "nl"
    assert language_choice.requested("parlez-vous français?", knowledge, "nl") is None


def test_a_language_that_is_not_spoken_is_not_taken_for_the_wish(knowledge: Knowledge) -> None:
    assert language_choice.requested("Sorry, I don't speak Dutch", knowledge, "en") == "en"
    assert language_choice.requested("ik spreek geen Engels", knowledge, "nl") == "nl"


def test_help_thanks_and_unknown_offer_a_next_step(situation: Situation) -> None:
    for answer in (smalltalk.help_(situation), smalltalk.thank(situation), smalltalk.unknown(situation).answer):
        assert answer.replies


def test_typed_words_are_escaped() -> None:
    assert markdown.escape(UserText('<img src=x onerror="x"> [a](b) *c*')) == (
        '&lt;img src=x onerror="x"&gt; \\[a\\](b) \\*c\\*'
    )


def test_the_summary_shows_what_was_typed_escaped(situation: Situation) -> None:
    fields = {"name": "Jan", "contact": "jan@zaak.nl", "moment": "<b>nu</b>", "confirmed": "None"}
    answer = text(form_answers.summary("appointment", fields, situation, datetime(2026, 11, 27)))
    assert "&lt;b&gt;nu&lt;/b&gt;" in answer
    assert "<b>" not in answer
