"""Explains the two models of the customer journey: the five stages, and See-Think-Do-Care."""

from __future__ import annotations

from bot.advice import replies
from bot.advice.answer import Answer, QuickReply, Section
from bot.advice.situation import Situation
from bot.knowledge import PHASES, STAGES, StageId


def explain(situation: Situation) -> Answer:
    """Explains the customer journey, both models and their relation; buttons lead through the stages one by one."""
    journey, language = situation.knowledge.journey, situation.language
    stages = situation.knowledge.stages.values()
    path = " → ".join(stage.name.localized(language) for stage in stages)
    return Answer(
        language=language,
        title=situation.say("journey_title"),
        sections=(
            Section(text=journey.what.localized(language)),
            Section(situation.say("five_stages"), text=f"{journey.stages_intro.localized(language)} {path}."),
            Section("See, Think, Do, Care", text=journey.see_think_do_care.localized(language)),
            Section(situation.say("relation_title"), text=journey.relation.localized(language)),
        ),
        replies=(
            _step(STAGES[0], situation),
            QuickReply(situation.say("button_map_journey"), "explain_journey", {"topic": "mapping"}),
            QuickReply(situation.say("button_only_do"), "want_only_do"),
            replies.my_problem(situation),
        ),
        about="journey",
        journey=(),
    )


def _step(stage_id: StageId, situation: Situation) -> QuickReply:
    name = situation.knowledge.stages[stage_id].name.localized(situation.language)
    return QuickReply(
        situation.say("button_step", number=STAGES.index(stage_id) + 1, stage=name),
        "ask_phase",
        {"journey_stage": stage_id},
    )


def mapping(situation: Situation) -> Answer:
    """Explains how to map one's own customer journey."""
    journey, language = situation.knowledge.journey, situation.language
    return Answer(
        language=language,
        title=situation.say("mapping_title"),
        sections=(Section(items=journey.mapping_steps.localized(language), ordered=True),),
        replies=(replies.explain_journey(situation), replies.appointment(situation)),
        about="journey",
    )


def stage(stage_id: StageId, situation: Situation) -> Answer:
    """Explains a stage: what the customer does, the task of the business, and tips."""
    entry, language = situation.knowledge.stages[stage_id], situation.language
    phase = entry.phases[-1]
    following = next(iter(STAGES[STAGES.index(stage_id) + 1 :]), None)
    return Answer(
        language=language,
        title=situation.say("stage_title", stage=entry.name.localized(language)),
        sections=(
            Section(text=entry.customer.localized(language)),
            Section(situation.say("stage_task"), text=entry.task.localized(language)),
            Section(situation.say("stage_tips"), items=entry.tips.localized(language)),
            Section(text=entry.mapping.localized(language)),
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
    """Explains why Do depends on See and Think, to an owner who wants sales only."""
    return Answer(
        language=situation.language,
        sections=(Section(text=situation.knowledge.journey.why_not_only_do.localized(situation.language)),),
        replies=tuple(
            replies.first_steps(situation, phase)
            if phase == "do"
            else QuickReply(
                situation.say(
                    "button_steps_for", phase=situation.knowledge.phases[phase].name.localized(situation.language)
                ),
                "ask_first_steps",
                {"phase": phase},
            )
            for phase in PHASES[:3]
        ),
        phase="do",
        about="phase",
    )
