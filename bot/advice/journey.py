"""The two models: five stages, See-Think-Do-Care, and how they relate."""

from __future__ import annotations

from bot.advice import replies
from bot.advice.answer import Answer, QuickReply, Section
from bot.advice.situation import Situation
from bot.knowledge import PHASES, STAGES, StageId


def explain(situation: Situation) -> Answer:
    """What a customer journey is, the two models in short, and their relation; the stages one by one by button."""
    journey, language = situation.knowledge.journey, situation.language
    stages = situation.knowledge.stages.values()
    path = " → ".join(stage.name.in_(language) for stage in stages)
    return Answer(
        language=language,
        title=situation.say("journey_title"),
        sections=(
            Section(text=journey.what.in_(language)),
            Section(situation.say("five_stages"), text=f"{journey.stages_intro.in_(language)} {path}."),
            Section("See, Think, Do, Care", text=journey.see_think_do_care.in_(language)),
            Section(situation.say("relation_title"), text=journey.relation.in_(language)),
        ),
        replies=(
            _step(STAGES[0], situation),
            QuickReply(situation.say("button_map_journey"), "explain_journey", {"topic": "mapping"}),
            QuickReply(situation.say("button_only_do"), "want_only_do"),
            QuickReply(situation.say("button_my_problem"), "struggle_unclear"),
        ),
        about="journey",
        journey=(),
    )


def _step(stage_id: StageId, situation: Situation) -> QuickReply:
    name = situation.knowledge.stages[stage_id].name.in_(situation.language)
    return QuickReply(
        situation.say("button_step", number=STAGES.index(stage_id) + 1, stage=name),
        "ask_phase",
        {"journey_stage": stage_id},
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
    following = next(iter(STAGES[STAGES.index(stage_id) + 1 :]), None)
    return Answer(
        language=language,
        title=situation.say("stage_title", stage=entry.name.in_(language)),
        sections=(
            Section(text=entry.customer.in_(language)),
            Section(situation.say("stage_task"), text=entry.task.in_(language)),
            Section(situation.say("stage_tips"), items=entry.tips.in_(language)),
            Section(text=entry.mapping.in_(language)),
        ),
        replies=(
            *replies.other_topics(situation, phase),
            _step(following, situation) if following else replies.explain_journey(situation),
        ),
        phase=phase,
        about="stage",
        journey=entry.phases,
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
