"""Answers about phases, topics, the journey, channels, metrics and the FAQ."""

from __future__ import annotations

from actions.turn import Turn
from bot.advice import diagnosis, glossary, journey, marketing_channels, moves, phases, smalltalk
from bot.advice.answer import Answer
from bot.knowledge import PHASES, TOPICS, PhaseId, StageId, TopicId

TOPIC_OF_INTENT: dict[str, TopicId] = {
    "ask_channels": "channels",
    "ask_message": "message",
    "ask_measurement": "measurement",
}


def advise(turn: Turn) -> Answer:
    """Channels, message or measurement for a phase; for a named metric or channels, what we know of those."""
    metric = turn.value("metric")
    if turn.intent == "ask_measurement" and metric and not named_phases(turn):
        return glossary.metric(metric, turn.situation)
    if turn.intent == "ask_channels" and len(turn.values("channel")) > 1 and not named_phases(turn):
        return marketing_channels.compare(turn.values("channel"), turn.situation)
    return advise_on(TOPIC_OF_INTENT[turn.intent], turn)


def first_steps(turn: Turn) -> Answer:
    """The first steps in the phase."""
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


def channel_fit(turn: Turn) -> Answer:
    """What a channel is good for, its drawback, and whether it suits; several side by side."""
    if len(turn.values("channel")) > 1:
        return marketing_channels.compare(turn.values("channel"), turn.situation)
    if channel := turn.value("channel"):
        return marketing_channels.fit(channel, turn.situation)
    return marketing_channels.unknown_channel(turn.situation)


def explain_metric(turn: Turn) -> Answer:
    """What a metric says, a common mistake, and benchmarks."""
    metric = turn.value("metric")
    return glossary.metric(metric, turn.situation) if metric else glossary.unknown_metric(turn.situation)


def faq(turn: Turn) -> Answer:
    """The answer to a frequently asked question."""
    return glossary.faq(turn.intent.removeprefix("faq_"), turn.situation)


def follow_up(turn: Turn) -> Answer:
    """The previous question again, about what is named now: "en voor care?", "en SEA?"."""
    return about_named(turn) or smalltalk.not_understood(turn.situation)


def move(turn: Turn) -> Answer:
    """What leans on the last answer: with figures their sum, else what we know of something named, else by the move.

    Without an answer before it there is nothing to lean on: then it is a problem, if that is the next likely.
    """
    if turn.intent == "ask_verdict" and len(turn.counts) > 1:
        return diagnosis.diagnose_funnel(turn.counts, turn.situation)
    if turn.situation.phase is None and turn.intent not in moves.TO_A_PERSON:
        others = moves.without_moves(turn.ranking)
        found = diagnosis.diagnose(others, turn.cues, turn.situation, attribution=turn.attribution)
        if found.kind in ("clear", "both"):
            return diagnosis.describe(found, turn.situation, turn.counts)
    named = None if turn.intent in moves.TO_A_PERSON else about_named(turn)
    return named or moves.answer(turn.intent, turn.situation)


def named_phases(turn: Turn) -> tuple[PhaseId, ...]:
    """The phases that a message names, directly or by a stage of the journey; in the order of the journey."""
    mentioned = turn.values("journey_stage")
    stages = [stage for id_, stage in turn.situation.knowledge.stages.items() if id_ in mentioned]
    named = {*turn.values("phase"), *(stage.phases[-1] for stage in stages)}
    return tuple(phase for phase in PHASES if phase in named)


def advise_on(topic: TopicId, turn: Turn) -> Answer:
    """A topic for the phase in the message, else for the one of the conversation."""
    named = named_phases(turn)
    if len(named) > 1:
        return phases.advise_for_phases(topic, named, turn.situation)
    channel = turn.situation.knowledge.channels.get(turn.value("channel") or "")
    # "How do I measure my radio spots": the phase that the channel is for
    phase = named[0] if named else channel.phases[0] if channel and topic != "channels" else turn.situation.phase
    return phases.advise(topic, phase, turn.situation) if phase else phases.advise_without_phase(topic, turn.situation)


def about_named(turn: Turn) -> Answer | None:
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
    business = turn.value("business_type")
    return diagnosis.bottleneck(business, situation) if business else None
