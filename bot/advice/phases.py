"""Advice on a phase: the overview, its three topics, and where to begin."""

from __future__ import annotations

from msgspec.structs import replace

from bot.advice import replies
from bot.advice.answer import Answer, QuickReply, Section, Tab
from bot.advice.situation import Situation
from bot.knowledge import PHASES, PhaseId, TopicId

MAX_CHANNELS = 4
MAX_METRICS = 4


def overview(phase_id: PhaseId, situation: Situation) -> Answer:
    """What a phase is, and what belongs to it."""
    phase = situation.knowledge.phases[phase_id]
    language = situation.language
    pitfall = phase.pitfalls[0]
    return Answer(
        language=language,
        title=situation.say("phase_title", phase=phase.name.in_(language), nickname=phase.nickname.in_(language)),
        sections=(
            Section(text=phase.description.in_(language)),
            Section(situation.say("title_goal"), text=phase.goal.in_(language)),
            Section(situation.say("title_channels"), text=phase.channels.summary.in_(language), in_card=True),
            Section(situation.say("title_message"), text=phase.message.summary.in_(language), in_card=True),
            Section(situation.say("title_measurement"), text=phase.measurement.summary.in_(language), in_card=True),
            Section(
                situation.say("title_pitfall"), text=pitfall.text.in_(language) + source_note(pitfall.source, situation)
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
    """Where to begin in a phase, its channels, message and measurement: a page each."""
    phase, language = situation.knowledge.phases[phase_id], situation.language
    begin = (
        Section(items=phase.first_steps.in_(language), ordered=True),
        Section(situation.say("sign"), text=phase.measurement.sign.in_(language)),
    )
    return (
        Tab(situation.say("tab_first_steps"), begin),
        Tab(situation.say("title_channels"), _channels(phase_id, situation)),
        Tab(situation.say("title_message"), _message(phase_id, situation)),
        Tab(situation.say("title_measurement"), _measurement(phase_id, situation)[:-1]),  # the sign stands on the first
    )


def compare(phase_ids: tuple[PhaseId, ...], situation: Situation) -> Answer:
    """One phase explained, or several side by side."""
    if len(phase_ids) == 1:
        return overview(phase_ids[0], situation)
    language = situation.language
    sections = []
    for phase in (situation.knowledge.phases[id_] for id_ in phase_ids):
        title = situation.say("phase_title", phase=phase.name.in_(language), nickname=phase.nickname.in_(language))
        sections.append(Section(title, text=phase.description.in_(language)))
        sections.append(Section(situation.say("title_goal"), text=phase.goal.in_(language)))
    buttons = tuple(
        QuickReply(
            situation.say("button_about_phase", phase=situation.knowledge.phases[id_].name.in_(language)),
            "ask_phase",
            {"phase": id_},
        )
        for id_ in phase_ids
    )
    return Answer(language=language, sections=tuple(sections), replies=buttons, about="phase", journey=phase_ids)


def source_note(source_id: str | None, situation: Situation) -> str:
    """Name and year of a source between brackets, with a space before; empty without a source."""
    return f" ({situation.source(source_id)})" if source_id else ""


def advise(topic: TopicId, phase_id: PhaseId, situation: Situation) -> Answer:
    """Advice on one topic of a phase."""
    sections = {"channels": _channels, "message": _message, "measurement": _measurement}[topic](phase_id, situation)
    phase = situation.knowledge.phases[phase_id]
    title = situation.say(
        "topic_title", topic=situation.say(f"title_{topic}"), phase=phase.name.in_(situation.language)
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
    items = tuple(f"**{c.name.in_(language)}**: {c.why.in_(language)}" for c in channels)
    title = situation.say("channels_for_business", business=business.name.in_(language).lower()) if business else None
    return (
        Section(text=phase.channels.summary.in_(language)),
        Section(title or situation.say("channels_start"), items=items),
        Section(
            situation.say("title_beware"), text=f"{channels[0].name.in_(language)}: {channels[0].caveat.in_(language)}"
        ),
    )


def _message(phase_id: PhaseId, situation: Situation) -> tuple[Section, ...]:
    phase = situation.knowledge.phases[phase_id]
    language = situation.language
    return (
        Section(text=phase.message.summary.in_(language)),
        Section(situation.say("for_instance"), items=phase.message.examples.in_(language)),
    )


def _measurement(phase_id: PhaseId, situation: Situation) -> tuple[Section, ...]:
    phase = situation.knowledge.phases[phase_id]
    language = situation.language
    metrics = [situation.knowledge.metrics[id_] for id_ in phase.measurement.use[:MAX_METRICS]]
    figures = Section(
        situation.say("figures_to_watch"),
        columns=(situation.say("column_metric"), situation.say("formula")),
        rows=tuple((m.name.in_(language), m.formula.in_(language)) for m in metrics),
    )
    return (
        Section(text=phase.measurement.summary.in_(language)),
        figures,
        Section(situation.say("title_beware"), text=phase.measurement.beware.in_(language)),
        Section(situation.say("sign"), text=phase.measurement.sign.in_(language)),
    )


def first_steps(phase_id: PhaseId, situation: Situation) -> Answer:
    """Where to begin in a phase; for a known kind of business with its tip."""
    phase = situation.knowledge.phases[phase_id]
    language = situation.language
    business = situation.knowledge.business_types.get(situation.business_type or "")
    tip = (Section(situation.say("this_week"), text=business.tip.in_(language)),) if business else ()
    pitfall = phase.pitfalls[0]
    return Answer(
        language=language,
        title=situation.say("first_steps_title", phase=phase.name.in_(language)),
        sections=(
            Section(items=phase.first_steps.in_(language), ordered=True),
            *tip,
            Section(
                situation.say("title_pitfall"), text=pitfall.text.in_(language) + source_note(pitfall.source, situation)
            ),
            Section(situation.say("sign"), text=phase.measurement.sign.in_(language)),
        ),
        replies=(*replies.other_topics(situation, phase_id), replies.competitor_check(situation)),
        phase=phase_id,
        about="phase",
    )


def which_phase_for(topic: TopicId | None, situation: Situation) -> Answer:
    """Advice was asked, but no phase is known: a short answer for each phase, and the question which one."""
    language = situation.language
    if topic is None:
        intent = "ask_first_steps"
        sections: tuple[Section, ...] = (Section(text=situation.say("first_steps_need_phase")),)
    else:
        intent = replies.ASK_TOPIC[topic]
        items = tuple(
            f"**{p.name.in_(language)}** ({p.nickname.in_(language)}): {getattr(p, topic).summary.in_(language)}"
            for p in situation.knowledge.phases.values()
        )
        sections = (
            Section(text=situation.say(f"{topic}_depend_on_phase")),
            Section(items=items),
            Section(text=situation.say("which_phase_for_topic")),
        )
    by_phase = replies.owner_words(situation)
    choices = tuple(
        QuickReply(reply.title, intent, {"phase": phase}) for reply, phase in zip(by_phase, PHASES, strict=True)
    )
    return Answer(language=language, sections=sections, replies=choices, topic=topic, awaiting="phase", about="topic")


def every_phase(topic: TopicId, phases: tuple[PhaseId, ...], situation: Situation) -> Answer:
    """A topic for two or more phases that were named together."""
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
