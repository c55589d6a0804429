"""The two models: five stages, See-Think-Do-Care, and how they relate."""

from __future__ import annotations

from bot.advice import replies
from bot.advice.answer import Answer, QuickReply, Section
from bot.advice.situation import Situation
from bot.knowledge import PHASES, StageId


def explain(situation: Situation) -> Answer:
    """What a customer journey is, the two models, their relation, and how to map your own."""
    journey, language = situation.knowledge.journey, situation.language
    stages = tuple(
        f"**{s.name.in_(language).capitalize()}**: {s.customer.in_(language)}"
        for s in situation.knowledge.stages.values()
    )
    return Answer(
        language=language,
        title=situation.say("journey_title"),
        sections=(
            Section(text=journey.what.in_(language)),
            Section(situation.say("five_stages"), text=journey.stages_intro.in_(language), items=stages, ordered=True),
            Section("See, Think, Do, Care", text=journey.see_think_do_care.in_(language)),
            Section(situation.say("relation_title"), text=journey.relation.in_(language)),
        ),
        replies=(
            QuickReply(situation.say("button_map_journey"), "explain_journey", {"topic": "mapping"}),
            QuickReply(situation.say("button_only_do"), "want_only_do"),
            QuickReply(situation.say("button_my_problem"), "struggle_unclear"),
        ),
        about="journey",
    )


def mapping(situation: Situation) -> Answer:
    """How to map your own customer journey."""
    journey, language = situation.knowledge.journey, situation.language
    return Answer(
        language=language,
        title=situation.say("mapping_title"),
        sections=(Section(items=journey.mapping_steps.in_(language), ordered=True),),
        replies=(replies.explain_journey(situation), replies.appointment(situation)),
        about="journey",
    )


def stage(stage_id: StageId, situation: Situation) -> Answer:
    """What happens in a stage, and what you can do there."""
    entry, language = situation.knowledge.stages[stage_id], situation.language
    phase = entry.phases[-1]
    return Answer(
        language=language,
        title=situation.say("stage_title", stage=entry.name.in_(language)),
        sections=(
            Section(text=entry.customer.in_(language)),
            Section(situation.say("stage_task"), text=entry.task.in_(language)),
            Section(situation.say("stage_tips"), items=entry.tips.in_(language)),
            Section(text=entry.mapping.in_(language)),
        ),
        replies=(*replies.other_topics(situation, phase), replies.explain_journey(situation)),
        phase=phase,
        about="stage",
    )


def why_not_only_do(situation: Situation) -> Answer:
    """Kindly, why See and Think feed Do."""
    return Answer(
        language=situation.language,
        sections=(Section(text=situation.knowledge.journey.why_not_only_do.in_(situation.language)),),
        replies=tuple(
            replies.first_steps(situation, phase)
            if phase == "do"
            else QuickReply(
                situation.say("button_steps_for", phase=situation.knowledge.phases[phase].name.in_(situation.language)),
                "ask_first_steps",
                {"phase": phase},
            )
            for phase in PHASES[:3]
        ),
        phase="do",
        about="phase",
    )
