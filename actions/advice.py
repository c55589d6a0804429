"""Answers about phases, topics, the journey, channels, metrics and the FAQ."""

from __future__ import annotations

from dataclasses import replace

from actions.turn import Turn
from bot.advice import (
    consultation,
    diagnosis,
    drafts,
    glossary,
    journey,
    marketing_channels,
    means,
    moves,
    phases,
    questions,
    quickscan,
    smalltalk,
    steps,
    symptom_diagnosis,
    symptoms,
)
from bot.advice.answer import Answer
from bot.advice.case import Advised, Ref
from bot.knowledge import PHASES, TOPICS, PhaseId, StageId, TopicId
from bot.nlu.scope import LIKELIER_THAN_NOT

TOPIC_OF_INTENT: dict[str, TopicId] = {
    "ask_channels": "channels",
    "ask_message": "message",
    "ask_measurement": "measurement",
}

LONG_MESSAGE = 10
"""Words from which a question for channels tells a problem too."""

SURE_OF_FAQ = 0.7
"""Probability of a frequently asked question below which a yes-or-no question may be about an idea of the owner."""

PRICE, FEW_WORDS = "price", 5
"""The question what this advisor costs, and the words up to which "wat kost dat?" is about what was advised."""

ABOUT_A_TOPIC = ("ask_how", "tell_more", "next_step", "other_option")
"""Moves that ask for a topic if they name one."""


def advise(turn: Turn) -> Answer | Advised:
    """Channels, message or measurement for the problem or a phase; for a named metric or channels, what we know."""
    asks_for_text = turn.confidence < LIKELIER_THAN_NOT and drafts.kind_of(turn.utterance.text, turn.situation)
    if turn.intent == "ask_message" and turn.utterance.text and asks_for_text:
        return moves.answer(replace(turn.utterance, intent="ask_text"), turn.situation)
    metric = turn.value("metric")
    if turn.intent == "ask_measurement" and metric and not named_phases(turn):
        return glossary.metric(metric, turn.situation)
    if turn.intent == "ask_channels" and len(turn.values("channel")) > 1 and not named_phases(turn):
        return marketing_channels.compare(turn.values("channel"), turn.situation)
    return advise_on(TOPIC_OF_INTENT[turn.intent], turn)


def first_steps(turn: Turn) -> Answer | Advised:
    """The steps for the problem; without one, the first steps in the phase."""
    symptom = consultation.symptom_of(turn.situation)
    if symptom and not named_phases(turn):
        if steps.picked(turn.text, turn.situation.case.offered, turn.situation):
            return moves.answer(replace(turn.utterance, intent="ask_how"), turn.situation)
        return means.first_steps(turn.utterance, turn.situation, symptom)
    phase = next(iter(named_phases(turn)), turn.situation.phase)
    return phases.first_steps(phase, turn.situation) if phase else phases.advise_without_phase(None, turn.situation)


def explain_phase(turn: Turn) -> Answer:
    """The stage or phase that is named, else the one of the conversation, else all of them."""
    stage: StageId | None = turn.value("journey_stage")  # type: ignore[assignment]
    if stage and not turn.value("phase"):
        return journey.stage(stage, turn.situation)
    if len(turn.values("phase")) > 2 or (turn.values("phase") and stage):
        return journey.explain(turn.situation)
    if len(turn.values("phase")) > 1:
        return phases.compare(named_phases(turn), turn.situation)
    phase = next(iter(named_phases(turn)), turn.situation.phase)
    return phases.overview(phase, turn.situation) if phase else journey.explain(turn.situation)


def explain_journey(turn: Turn) -> Answer:
    """Both models and how they relate; or how to map your own journey."""
    if "mapping" in turn.values("topic"):
        return journey.mapping(turn.situation)
    named = turn.values("phase")
    if 0 < len(named) < len(PHASES) and not turn.values("journey_stage"):
        return phases.compare(named_phases(turn), turn.situation)
    return journey.explain(turn.situation)


def why_not_only_do(turn: Turn) -> Answer:
    """Why See and Think feed Do, for somebody who wants sales only."""
    return journey.why_not_only_do(turn.situation)


def channel_fit(turn: Turn) -> Answer | Advised:
    """What a channel is good for, its drawback, and whether it suits; several side by side."""
    if not turn.value("channel") and questions.kind_of(turn.utterance.text, turn.situation) == questions.ALLOWED:
        return questions.allowed(turn.utterance.text, turn.situation)
    if len(turn.values("channel")) > 1:
        return marketing_channels.compare(turn.values("channel"), turn.situation)
    if channel := turn.value("channel"):
        return marketing_channels.fit(channel, turn.situation)
    return marketing_channels.unknown_channel(turn.situation)


def explain_metric(turn: Turn) -> Answer | Advised:
    """What a metric says, a common mistake, and benchmarks."""
    metric = turn.value("metric")
    if metric is None and consultation.symptom_of(turn.situation):
        return moves.answer(replace(turn.utterance, intent="ask_verdict"), turn.situation)
    return glossary.metric(metric, turn.situation) if metric else glossary.unknown_metric(turn.situation)


def faq(turn: Turn) -> Answer | Advised:
    """The answer to a frequently asked question; but a step of the present problem if the message mentions one."""
    situation, symptom = turn.situation, consultation.symptom_of(turn.situation)
    asked = turn.intent.removeprefix("faq_")
    named = asked in turn.values("faq") or turn.is_button
    is_sure = named or turn.confidence >= SURE_OF_FAQ
    kind = questions.kind_of(turn.text, situation) if symptom and not is_sure else None
    if symptom and kind in consultation.LEANING and (told := questions.answer(turn.utterance, situation, symptom)):
        return told
    if symptom and not named and (step := steps.mentioned(turn.text, situation, symptom)):
        return steps.how(step, situation)
    is_doubtful_idea = turn.confidence < SURE_OF_FAQ and questions.is_yes_no(turn.utterance.text, situation)
    if symptom and not named and is_doubtful_idea and not turn.value("channel"):
        return questions.should(turn.utterance, situation, symptom)
    if symptom and asked == PRICE and len(turn.text.split()) <= FEW_WORDS and not turn.is_button:
        return moves.answer(replace(turn.utterance, intent="ask_cost"), situation)
    if symptom and turn.confidence < LIKELIER_THAN_NOT and turn.utterance.euros is not None:
        return moves.answer(replace(turn.utterance, intent="ask_plan"), situation)
    is_doubtful = turn.confidence < LIKELIER_THAN_NOT and not named and not turn.is_button
    if symptom and is_doubtful and not (turn.value("channel") or turn.value("metric")):
        return moves.answer(replace(turn.utterance, intent="next_step"), situation)
    about = Ref("faq", asked)
    if situation.case.focus == about and not turn.is_button:
        return Advised(glossary.faq_again(situation), situation.case.after_saying())
    return Advised(glossary.faq(asked, situation), situation.case.after_saying(about, focus=about))


def follow_up(turn: Turn) -> Answer | Advised:
    """The previous question again, about what is named now: "en voor care?", "en SEA?"."""
    symptom = consultation.symptom_of(turn.situation)
    recognised = moves.recognised(turn.utterance, turn.situation, symptom) if symptom else None
    if told := recognised or about_named(turn):
        return told
    if symptom:
        return moves.answer(replace(turn.utterance, intent="propose_cause"), turn.situation)
    return smalltalk.not_understood(turn.situation)


def move(turn: Turn) -> Answer | Advised:
    """What leans on the last answer: with figures their sum, else by the move.

    Without an answer before it there is nothing to lean on: then it is a problem, if that is the next likely, or a
    question about something named.
    """
    situation = turn.situation
    if turn.intent in ("ask_verdict", "propose_cause") and len(turn.utterance.counts) > 1:
        return consultation.figures(turn.utterance, situation)
    topic = turn.value("topic")
    if turn.intent in ABOUT_A_TOPIC and topic in TOPICS and situation.phase:  # "and how do I measure that?"
        return advise_on(topic, turn)  # type: ignore[arg-type]
    if situation.symptom or turn.intent in moves.TO_A_PERSON:
        return moves.answer(turn.utterance, situation)
    if situation.phase is None:
        others = moves.without_moves(turn.ranking)
        found = diagnosis.diagnose(others, turn.cues, situation, attribution=turn.attribution)
        telling = [c.cue for c in turn.cues if situation.knowledge.cues[c.cue].telling]
        if found.kind == "unknown" and telling and (phase := situation.knowledge.cues[telling[0]].phase):
            found = diagnosis.Diagnosis("clear", (phase,), {})
        if found.kind != "unknown" and not drafts.asks_for_text(turn.utterance, situation):
            return consultation.hear(found, turn.utterance, situation)
    if drafts.asks_for_text(turn.utterance, situation):
        return moves.answer(turn.utterance, situation)
    return about_named(turn) or moves.answer(turn.utterance, situation)


def scan(turn: Turn) -> Advised:
    """The quickscan: begins, or goes on; with the sums of a report if one was sent."""
    if turn.is_button and turn.utterance.facts:
        return quickscan.from_report(turn.utterance, turn.situation)
    return quickscan.start(turn.situation)


def named_phases(turn: Turn) -> tuple[PhaseId, ...]:
    """The phases that a message names, directly or by a stage of the journey; in the order of the journey."""
    mentioned = turn.values("journey_stage")
    stages = [stage for id_, stage in turn.situation.knowledge.stages.items() if id_ in mentioned]
    named = {*turn.values("phase"), *(stage.phases[-1] for stage in stages)}
    return tuple(phase for phase in PHASES if phase in named)


def advise_on(topic: TopicId, turn: Turn) -> Answer | Advised:
    """A topic for the phase in the message, else for the problem or phase of the conversation."""
    named = named_phases(turn)
    if len(named) > 1:
        return phases.advise_for_phases(topic, named, turn.situation)
    channel = turn.situation.knowledge.channels.get(turn.value("channel") or "")
    symptom = consultation.symptom_of(turn.situation)
    if symptom and named in ((), (symptom.phase,)) and (channel is None or topic == "channels"):
        return symptoms.advise(topic, symptom, turn.situation)
    is_story = not named and turn.situation.phase is None and len(turn.text.split()) >= LONG_MESSAGE
    if is_story and (told := symptom_diagnosis.by_symptom(turn.utterance, turn.situation)):
        return told
    # "How do I measure my radio spots": the phase that the channel is for
    phase = named[0] if named else channel.phases[0] if channel and topic != "channels" else turn.situation.phase
    return phases.advise(topic, phase, turn.situation) if phase else phases.advise_without_phase(topic, turn.situation)


def about_named(turn: Turn) -> Answer | Advised | None:
    """What we know of the topic, question, metric, channel, stage, phase or business that a message names."""
    situation = turn.situation
    topic = turn.value("topic")
    if topic in TOPICS:
        return advise_on(topic, turn)  # type: ignore[arg-type]
    channel, metric, question = turn.value("channel"), turn.value("metric"), turn.value("faq")
    if question and (situation.about == "faq" or not (channel or metric)):
        return glossary.faq(question, situation)
    if metric and (situation.about == "metric" or not channel):
        return glossary.metric(metric, situation)
    if channel:
        return marketing_channels.fit(channel, situation)
    stage: StageId | None = turn.value("journey_stage")  # type: ignore[assignment]
    if stage and situation.about != "topic":
        return journey.stage(stage, situation)
    named = named_phases(turn)
    if named and situation.about == "topic" and situation.topic:
        return advise_on(situation.topic, turn)
    if named:
        return phases.overview(named[0], situation)
    return consultation.fact(turn.utterance, situation) if turn.value("trade") or turn.value("business_type") else None
