"""Actions that advise on phases, topics, the journey, channels, metrics and the FAQ."""

from __future__ import annotations

from actions.turn import AnswerAction, Turn
from bot.advice import channels, diagnosis, glossary, journey, phases, smalltalk
from bot.advice.answer import Answer
from bot.knowledge import PHASES, TOPICS, PhaseId, StageId, TopicId

TOPIC_OF_INTENT: dict[str, TopicId] = {
    "ask_channels": "channels",
    "ask_message": "message",
    "ask_measurement": "measurement",
}


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
        return phases.every_phase(topic, named, turn.situation)
    channel = turn.situation.knowledge.channels.get(turn.value("channel") or "")
    # "How do I measure my radio spots": the phase that the channel is for
    phase = named[0] if named else channel.phases[0] if channel and topic != "channels" else turn.situation.phase
    return phases.advise(topic, phase, turn.situation) if phase else phases.which_phase_for(topic, turn.situation)


class Advise(AnswerAction):
    """Asked for channels, a message or a way to measure."""

    action_name = "action_advise"

    def answer(self, turn: Turn) -> Answer:
        """The advice on that topic; for a figure or channel that is named, what we know of it."""
        metric = turn.value("metric")
        if turn.intent == "ask_measurement" and metric and not named_phases(turn):
            return glossary.metric(metric, turn.situation)
        if turn.intent == "ask_channels" and len(turn.values("channel")) > 1 and not named_phases(turn):
            return channels.compare(turn.values("channel"), turn.situation)
        return advise_on(TOPIC_OF_INTENT[turn.intent], turn)


class FirstSteps(AnswerAction):
    """Asked where to begin."""

    action_name = "action_first_steps"

    def answer(self, turn: Turn) -> Answer:
        """The first steps in the phase."""
        phase = next(iter(named_phases(turn)), turn.situation.phase)
        return phases.first_steps(phase, turn.situation) if phase else phases.which_phase_for(None, turn.situation)


class ExplainPhase(AnswerAction):
    """Asked what a phase or a stage is, and what to do there."""

    action_name = "action_explain_phase"

    def answer(self, turn: Turn) -> Answer:
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


class ExplainJourney(AnswerAction):
    """Asked about the models themselves."""

    action_name = "action_explain_journey"

    def answer(self, turn: Turn) -> Answer:
        """Both models and how they relate; or how to map your own journey."""
        if "mapping" in turn.values("topic"):
            return journey.mapping(turn.situation)
        named = turn.values("phase")
        if 0 < len(named) < len(PHASES) and not turn.values("journey_stage"):
            return phases.compare(named_phases(turn), turn.situation)
        return journey.explain(turn.situation)


class WhyNotOnlyDo(AnswerAction):
    """Wants only sales, now."""

    action_name = "action_why_not_only_do"

    def answer(self, turn: Turn) -> Answer:
        """Kindly, why See and Think feed Do."""
        return journey.why_not_only_do(turn.situation)


class ChannelFit(AnswerAction):
    """Asked whether a channel is something for them."""

    action_name = "action_channel_fit"

    def answer(self, turn: Turn) -> Answer:
        """What it is good for, its catch, and whether it suits; several side by side."""
        if len(turn.values("channel")) > 1:
            return channels.compare(turn.values("channel"), turn.situation)
        channel = turn.value("channel")
        return channels.fit(channel, turn.situation) if channel else channels.which_channel(turn.situation)


class ExplainMetric(AnswerAction):
    """Asked what a figure is, or what a good one is."""

    action_name = "action_explain_metric"

    def answer(self, turn: Turn) -> Answer:
        """What it says, the common mistake and what to compare with."""
        metric = turn.value("metric")
        return glossary.metric(metric, turn.situation) if metric else glossary.which_metric(turn.situation)


class AnswerFaq(AnswerAction):
    """A frequently asked question."""

    action_name = "action_faq"

    def answer(self, turn: Turn) -> Answer:
        """The answer of the knowledge base."""
        return glossary.faq(turn.intent.removeprefix("faq_"), turn.situation)


def named_in(turn: Turn) -> Answer | None:
    """What we know of the topic, question, figure, channel, stage, phase or business that a message names."""
    situation = turn.situation
    topic = turn.value("topic")
    if topic in TOPICS:
        return advise_on(topic, turn)  # type: ignore[arg-type]
    channel, metric, faq = turn.value("channel"), turn.value("metric"), turn.value("faq")
    if faq and (situation.about == "faq" or not (channel or metric)):
        return glossary.faq(faq, situation)
    if metric and (situation.about == "metric" or not channel):
        return glossary.metric(metric, situation)
    if channel:
        return channels.fit(channel, situation)
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


class FollowUp(AnswerAction):
    """ "En voor care?", "en SEA?": a question that leans on the one before."""

    action_name = "action_follow_up"

    def answer(self, turn: Turn) -> Answer:
        """The same kind of question about what is named now."""
        return named_in(turn) or smalltalk.not_understood(turn.situation)
