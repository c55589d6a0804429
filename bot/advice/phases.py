"""Advice on the phases: the overview, the three topics (channels, message, measurement), and the first steps."""

from __future__ import annotations

from msgspec.structs import replace

from bot.advice import replies
from bot.advice.answer import Answer, QuickReply, Section, Tab
from bot.advice.situation import Situation
from bot.knowledge import PHASES, PhaseId, TopicId

MAX_CHANNELS = 4
"""Channels advised for a phase; more would be no choice."""

MAX_METRICS = 4
"""Metrics advised for a phase."""


def overview(phase_id: PhaseId, situation: Situation) -> Answer:
    """Explains a phase: its goal, a summary of each topic, and a common pitfall."""
    phase = situation.knowledge.phases[phase_id]
    language = situation.language
    pitfall = phase.pitfalls[0]
    return Answer(
        language=language,
        title=situation.phase_title(phase),
        sections=(
            Section(text=phase.description.localized(language)),
            Section(situation.say("title_goal"), text=phase.goal.localized(language)),
            Section(situation.say("title_channels"), text=phase.channels.summary.localized(language), in_card=True),
            Section(situation.say("title_message"), text=phase.message.summary.localized(language), in_card=True),
            Section(
                situation.say("title_measurement"), text=phase.measurement.summary.localized(language), in_card=True
            ),
            Section(
                situation.say("title_pitfall"),
                text=pitfall.text.localized(language) + situation.source_note(pitfall.source),
            ),
        ),
        replies=(
            *replies.in_card(replies.first_steps(situation, phase_id), *replies.other_topics(situation, phase_id)),
            replies.explain_journey(situation),
        ),
        phase=phase_id,
        about="phase",
        journey=(phase_id,),
        card=card(phase_id, situation),
    )


def card(phase_id: PhaseId, situation: Situation) -> tuple[Tab, ...]:
    """The card about a phase: one tab each for the first steps, channels, message and measurement."""
    phase, language = situation.knowledge.phases[phase_id], situation.language
    begin = (
        Section(items=phase.first_steps.localized(language), ordered=True),
        Section(situation.say("sign"), text=phase.measurement.sign.localized(language)),
    )
    return (
        Tab(situation.say("tab_first_steps"), begin),
        Tab(situation.say("title_channels"), _channels(phase_id, situation)),
        Tab(situation.say("title_message"), _message(phase_id, situation)),
        Tab(situation.say("title_measurement"), _measurement(phase_id, situation)[:-1]),  # the first tab has the sign
    )


def compare(phase_ids: tuple[PhaseId, ...], situation: Situation) -> Answer:
    """Explains one phase, or several side by side."""
    if len(phase_ids) == 1:
        return overview(phase_ids[0], situation)
    language = situation.language
    sections = []
    for phase in (situation.knowledge.phases[id_] for id_ in phase_ids):
        title = situation.phase_title(phase)
        sections.append(Section(title, text=phase.description.localized(language)))
        sections.append(Section(situation.say("title_goal"), text=phase.goal.localized(language)))
    buttons = tuple(replies.about_phase(situation, id_) for id_ in phase_ids)
    return Answer(language=language, sections=tuple(sections), replies=buttons, about="phase", journey=phase_ids)


def advise(topic: TopicId, phase_id: PhaseId, situation: Situation) -> Answer:
    """Advice on one topic of a phase."""
    sections = {"channels": _channels, "message": _message, "measurement": _measurement}[topic](phase_id, situation)
    phase = situation.knowledge.phases[phase_id]
    title = situation.say(
        "topic_title", topic=situation.say(f"title_{topic}"), phase=phase.name.localized(situation.language)
    )
    return Answer(
        language=situation.language,
        title=title,
        sections=sections,
        replies=(*replies.other_topics(situation, phase_id, but=topic), replies.first_steps(situation, phase_id)),
        phase=phase_id,
        topic=topic,
        about="topic",
    )


def _channels(phase_id: PhaseId, situation: Situation) -> tuple[Section, ...]:
    phase = situation.knowledge.phases[phase_id]
    language = situation.language
    business = situation.knowledge.business_types.get(situation.business_type or "")
    fitting = business.channels[phase_id] if business else ()
    known = [situation.knowledge.channels[id_] for id_ in dict.fromkeys((*fitting, *phase.channels.use))]
    channels = [channel for channel in known if situation.business_type not in channel.doubtful_for][:MAX_CHANNELS]
    items = tuple(f"**{c.name.localized(language)}**: {c.why.localized(language)}" for c in channels)
    title = (
        situation.say("channels_for_business", business=business.name.localized(language).lower()) if business else None
    )
    return (
        Section(text=phase.channels.summary.localized(language)),
        Section(title or situation.say("channels_start"), items=items),
        Section(
            situation.say("title_beware"),
            text=f"{channels[0].name.localized(language)}: {channels[0].caveat.localized(language)}",
        ),
    )


def _message(phase_id: PhaseId, situation: Situation) -> tuple[Section, ...]:
    phase = situation.knowledge.phases[phase_id]
    language = situation.language
    return (
        Section(text=phase.message.summary.localized(language)),
        Section(situation.say("for_instance"), items=phase.message.examples.localized(language)),
    )


def _measurement(phase_id: PhaseId, situation: Situation) -> tuple[Section, ...]:
    phase = situation.knowledge.phases[phase_id]
    language = situation.language
    metrics = [situation.knowledge.metrics[id_] for id_ in phase.measurement.use[:MAX_METRICS]]
    figures = Section(
        situation.say("figures_to_watch"),
        columns=(situation.say("column_metric"), situation.say("formula")),
        rows=tuple((m.name.localized(language), m.formula.localized(language)) for m in metrics),
    )
    return (
        Section(text=phase.measurement.summary.localized(language)),
        figures,
        Section(situation.say("title_beware"), text=phase.measurement.beware.localized(language)),
        Section(situation.say("sign"), text=phase.measurement.sign.localized(language)),
    )


def first_steps(phase_id: PhaseId, situation: Situation) -> Answer:
    """The first steps in a phase, with the tip for the kind of business if that is known."""
    phase = situation.knowledge.phases[phase_id]
    language = situation.language
    business = situation.knowledge.business_types.get(situation.business_type or "")
    tip = (Section(situation.say("this_week"), text=business.tip.localized(language)),) if business else ()
    pitfall = phase.pitfalls[0]
    return Answer(
        language=language,
        title=situation.say("first_steps_title", phase=phase.name.localized(language)),
        sections=(
            Section(items=phase.first_steps.localized(language), ordered=True),
            *tip,
            Section(
                situation.say("title_pitfall"),
                text=pitfall.text.localized(language) + situation.source_note(pitfall.source),
            ),
            Section(situation.say("sign"), text=phase.measurement.sign.localized(language)),
        ),
        replies=(*replies.other_topics(situation, phase_id), replies.competitor_check(situation)),
        phase=phase_id,
        about="phase",
    )


def advise_without_phase(topic: TopicId | None, situation: Situation) -> Answer:
    """Answers a question about a topic while no phase is known: in short for each phase, and asks which one."""
    language = situation.language
    if topic is None:
        intent = "ask_first_steps"
        sections: tuple[Section, ...] = (Section(text=situation.say("first_steps_need_phase")),)
    else:
        intent = replies.ASK_TOPIC[topic]
        summaries = [(phase, getattr(phase, topic).summary) for phase in situation.knowledge.phases.values()]
        items = tuple(
            f"**{phase.name.localized(language)}** ({phase.nickname.localized(language)}): {text.localized(language)}"
            for phase, text in summaries
        )
        sections = (
            Section(text=situation.say(f"{topic}_depend_on_phase")),
            Section(items=items),
            Section(text=situation.say("which_phase_for_topic")),
        )
    by_phase = replies.phase_choices(situation)
    choices = tuple(
        QuickReply(reply.title, intent, {"phase": phase}) for reply, phase in zip(by_phase, PHASES, strict=True)
    )
    return Answer(language=language, sections=sections, replies=choices, topic=topic, awaiting="phase", about="topic")


def advise_for_phases(topic: TopicId, phases: tuple[PhaseId, ...], situation: Situation) -> Answer:
    """Advice on one topic for several phases that were named together."""
    answers = [advise(topic, phase, situation) for phase in phases]
    sections = tuple(
        replace(section, title=answer.title if number == 0 else section.title)
        for answer in answers
        for number, section in enumerate(answer.sections[:2])
    )
    return Answer(
        language=situation.language,
        sections=sections,
        replies=tuple(replies.ask_topic(situation, phases[0], t) for t in replies.ASK_TOPIC if t != topic),  # type: ignore[arg-type]
        phase=phases[0],
        topic=topic,
        about="topic",
    )
