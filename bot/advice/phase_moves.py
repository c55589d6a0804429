"""Answers to moves while the phase is known but not the symptom."""

from __future__ import annotations

from collections.abc import Mapping

from bot.advice import drafts, phases, smalltalk, verdicts
from bot.advice.answer import Answer, Section
from bot.advice.case import Advised
from bot.advice.remark import remark
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge import TOPICS

ABOUT_PHASE = {"ask_why", "go_back"}
IN_SHORT = {"ask_simpler", "ask_shorter"}
FIRST_STEPS = {"ask_how", "ask_plan"}
EXAMPLES = {"ask_example"}
NEXT = {"tell_more", "next_step"}
"""The moves by what answers them."""


def answer(said: Utterance, situation: Situation) -> Advised:
    """The answer to a move by the phase: overview, steps, examples, next topic; without a phase what is needed."""
    phase, case, move = situation.phase, situation.case.after_saying(), said.intent
    if move == "ask_verdict" and (told := verdicts.of_conversion(situation)):
        return told
    if move == "ask_verdict" and phase is None:
        return remark(situation, Section(text=situation.say("move_ask_verdict")))
    if drafts.asks_for_text(said, situation) and (draft := drafts.write(said.text, situation)):
        return draft
    if phase is None and move in FIRST_STEPS:
        return Advised(phases.advise_without_phase(None, situation), case)
    if phase is None:
        return smalltalk.not_understood(situation)
    if move in ABOUT_PHASE:
        return Advised(phases.overview(phase, situation), case)
    if move in IN_SHORT:
        return remark(situation, Section(text=situation.text(situation.knowledge.phases[phase].pain)))
    if move in FIRST_STEPS:
        return Advised(phases.first_steps(phase, situation), case)
    if move in EXAMPLES:
        return Advised(phases.advise("message", phase, situation), case)
    if move in NEXT:
        return Advised(_next_topic(situation), case)
    if move == "ask_text":
        return drafts.write(said.text, situation) or remark(situation, Section(text=situation.say("no_text")))
    return remark(situation, Section(text=situation.say(f"move_{move}")))


def _next_topic(situation: Situation) -> Answer:
    """The topic of the phase after the last one."""
    after: Mapping[str | None, int] = {None: 0, **{name: n + 1 for n, name in enumerate(TOPICS)}}
    position = after[situation.topic]
    if situation.phase is None or position == len(TOPICS):
        return smalltalk.affirm(situation)
    return phases.advise(TOPICS[position], situation.phase, situation)
