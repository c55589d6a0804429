"""Advice on marketing channels: does one fit this business and phase, and how do several compare."""

from __future__ import annotations

from bot.advice import replies
from bot.advice.answer import Answer, QuickReply, Section
from bot.advice.situation import Situation

MAX_COMPARED = 3
"""Channels compared side by side."""


def fit(channel_id: str, situation: Situation) -> Answer:
    """Says what a channel is good for, its drawback, and whether it fits the kind of business and the phase."""
    channel, language = situation.knowledge.channels[channel_id], situation.language
    phases = ", ".join(situation.knowledge.phases[p].name.localized(language) for p in channel.phases)
    sections = [
        Section(text=channel.why.localized(language) + situation.source_note(next(iter(channel.sources), None)))
    ]
    business = situation.knowledge.business_types.get(situation.business_type or "")
    if business:
        verdict = (
            "channel_suits"
            if channel_id in {c for used in business.channels.values() for c in used} or business.id in channel.suits
            else "channel_doubtful"
            if business.id in channel.doubtful_for
            else "channel_depends"
        )
        sections.insert(0, Section(text=situation.say(verdict, business=business.name.localized(language).lower())))
    sections += [
        Section(situation.say("channel_good_for"), text=channel.good_for.localized(language)),
        Section(situation.say("title_beware"), text=channel.caveat.localized(language)),
        Section(situation.say("channel_phases"), text=phases),
    ]
    if situation.phase and situation.phase not in channel.phases:
        phase = situation.knowledge.phases[situation.phase].name.localized(language)
        sections.append(Section(text=situation.say("channel_other_phase", phase=phase)))
    if not business:
        sections.append(Section(text=situation.say("tell_business")))
    return Answer(
        language=language,
        title=channel.name.localized(language),
        sections=tuple(sections),
        replies=(
            replies.ask_topic(situation, channel.phases[0], "measurement"),
            replies.ask_topic(situation, channel.phases[0], "message"),
            replies.ask_topic(situation, situation.phase or channel.phases[0], "channels"),
        ),
        phase=situation.phase,
        about="channel",
    )


def compare(channel_ids: tuple[str, ...], situation: Situation) -> Answer:
    """Compares channels, at most three: what each is good for, and its drawback."""
    language = situation.language
    chosen = [situation.knowledge.channels[id_] for id_ in channel_ids[:MAX_COMPARED]]
    sections = []
    for channel in chosen:
        sections.append(Section(channel.name.localized(language), text=channel.good_for.localized(language)))
        sections.append(Section(situation.say("title_beware"), text=channel.caveat.localized(language)))
    return Answer(
        language=language,
        sections=tuple(sections),
        replies=tuple(QuickReply(c.name.localized(language), "ask_channel_fit", {"channel": c.id}) for c in chosen),
        about="channel",
    )


def unknown_channel(situation: Situation) -> Answer:
    """Says that a channel is not in the knowledge base, and offers some that are."""
    language = situation.language
    known = [phase.channels.use[0] for phase in situation.knowledge.phases.values()]
    return Answer(
        language=language,
        sections=(Section(text=situation.say("which_channel")),),
        replies=tuple(
            QuickReply(situation.knowledge.channels[c].name.localized(language), "ask_channel_fit", {"channel": c})
            for c in known
        ),
        about="channel",
    )
