"""Explanations of what is in focus: why, how, an example, a text, shorter, simpler."""

from __future__ import annotations

import re

from bot.advice import causes, drafts, steps, symptoms
from bot.advice.answer import Section
from bot.advice.case import Advised, Ref
from bot.advice.remark import remark
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge import TOPICS
from bot.knowledge.problems import Step, Symptom


def why(said: Utterance, situation: Situation, symptom: Symptom) -> Advised:
    """Why a step works, why a cause is likely, or what the diagnosis rests on: the causes with their checks."""
    focus, step = situation.case.focus, situation.step
    if step and not situation.case.has_said("why", step.id):
        return steps.why(step, situation)
    if focus and focus.kind == "cause" and not situation.case.has_said("why", focus.id):
        told = remark(situation, Section(text=situation.say("why_cause")), buttons=causes.reactions(situation))
        return Advised(told.answer, told.case.after_saying(Ref("why", focus.id)))
    if any(not situation.case.has_said("cause", f"{symptom.id}.{id_}") for id_ in symptom.causes):
        return causes.overview(symptom, situation)
    return symptoms.continue_(situation)


def how(said: Utterance, situation: Situation, symptom: Symptom) -> Advised:
    """How to do the step in focus, or the first step for the cause in focus."""
    focus = situation.case.focus
    if focus and focus.kind == "cause":
        return steps_for_cause(focus, situation, symptom)
    step = situation.step or next(iter(steps.upcoming(situation)), None)
    return how_of(step, situation) if step else symptoms.nothing_left(situation)


def how_of(step: Step, situation: Situation) -> Advised:
    """How to do a step; said already, an example; after that the next step."""
    if not situation.case.has_said("how", step.id):
        return steps.how(step, situation)
    if not situation.case.has_said("example", step.id):
        return steps.example(step, situation)
    return symptoms.continue_(situation)


def steps_for_cause(cause: Ref, situation: Situation, symptom: Symptom) -> Advised:
    """The first step for a cause that the owner confirmed."""
    owner, _, cause_id = cause.id.partition(".")
    if owner == symptom.id:
        situation = situation.with_case(situation.case.with_cause(cause_id))
        ids = symptom.causes[cause_id].steps
        if step := next((s for s in steps.upcoming(situation) if s.id in ids), None):
            return steps.how(step, situation)
    step = situation.step or next(iter(steps.upcoming(situation)), None)
    return how_of(step, situation) if step else symptoms.nothing_left(situation)


def example(said: Utterance, situation: Situation, symptom: Symptom) -> Advised:
    """An example of the step in focus, a text of the kind that is asked for, or the message of the problem."""
    if drafts.kind_of(said.text, situation):
        return write(said, situation, symptom)
    step = situation.step
    if step and not situation.case.has_said("example", step.id):
        return steps.example(step, situation)
    focus = situation.case.focus
    if focus and focus.kind == "text":
        return write(said, situation, symptom)
    if not situation.case.has_said("message", symptom.id):
        return symptoms.advise("message", symptom, situation)
    return write(said, situation, symptom)


def write(said: Utterance, situation: Situation, symptom: Symptom) -> Advised:
    """The text that is asked for."""
    return drafts.write(said.text, situation) or remark(situation, Section(text=situation.say("no_text")))


def shorter(said: Utterance, situation: Situation, symptom: Symptom) -> Advised:
    """The text, step or sentence that was said last, shorter."""
    if situation.draft is None and drafts.kind_of(said.text, situation):
        return write(said, situation, symptom)
    if draft := situation.draft:
        return drafts.shorter(draft, situation)
    if step := situation.step:
        return steps.shorter(step, situation)
    return remark(situation, Section(text=_gist(situation, symptom)))


def _gist(situation: Situation, symptom: Symptom) -> str:
    """What was said last in one sentence."""
    focus = situation.case.focus
    if focus and focus.kind == "cause" and (cause := symptom.causes.get(focus.id.partition(".")[2])):
        return situation.text(cause.fix)
    if focus and focus.kind in TOPICS:
        return re.split(r"(?<=[.?!])\s+", situation.text(getattr(symptom, focus.kind).text))[0]
    return situation.text(symptom.explanation)


def simpler(said: Utterance, situation: Situation, symptom: Symptom) -> Advised:
    """The step or sentence that was said last, in simpler words."""
    if step := situation.step:
        return steps.simpler(step, situation)
    return remark(situation, Section(text=_gist(situation, symptom)))
