"""Time and money: what an owner has of it, what the advice takes, and the steps that fit."""

from __future__ import annotations

from msgspec.structs import replace

from bot.advice import signals, steps, symptoms
from bot.advice.answer import Section
from bot.advice.case import Advised, Case
from bot.advice.remark import remark
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge.problems import Symptom

MAX_HOURS = 20
"""More hours a week or month are not for marketing, but opening hours."""


def gives_means(said: Utterance, situation: Situation) -> bool:
    """Whether a message tells budget or time: an amount for marketing or without a role, or some hours, a period."""
    return any(
        (amount.unit == "euro" and (amount.role == "budget" or (not amount.role and amount.period)))
        or (amount.unit == "hour" and amount.period and amount.value <= MAX_HOURS)
        for amount in said.amounts
    )


def first_steps(said: Utterance, situation: Situation, symptom: Symptom) -> Advised:
    """The first steps in their order, within the time and money that are known."""
    situation = situation.with_case(with_means(said, situation))
    return steps.plan(situation, symptom) or symptoms.continue_(situation)


def cost(said: Utterance, situation: Situation, symptom: Symptom) -> Advised:
    """What the step in focus takes; to who tells time or money the steps that fit, to "te duur" a lesser one."""
    if gives_means(said, situation):
        return first_steps(said, situation, symptom)
    if is_too_much(said.text, situation):
        return with_less(situation, symptom)
    step = situation.step or next(iter(steps.upcoming(situation)), None)
    return steps.cost(step, situation) if step else remark(situation, Section(text=situation.say("move_ask_cost")))


def is_too_much(text: str, situation: Situation) -> bool:
    """Whether a message says that the last advice takes too much: "dat kost te veel tijd"."""
    return signals.has(text, "too_much", situation)


def with_less(situation: Situation, symptom: Symptom) -> Advised:
    """A step that takes less than the one in focus; without one, how to begin small."""
    last = situation.step
    if last is None:
        return symptoms.continue_(situation)
    less = [
        step
        for step in steps.upcoming(situation)
        if step.minutes < last.minutes or (step.euros < last.euros and step.minutes <= last.minutes)
    ]
    if less:
        return steps.present(less[0], situation, Section(text=situation.say("too_much_time")))
    first = situation.fill(last.how.localized(situation.language)[0])
    return remark(situation, Section(text=situation.say("least_effort", action=first)))


def with_means(said: Utterance, situation: Situation) -> Case:
    """The case with the time and money that a message says there are."""
    case = situation.case
    minutes, euros = said.minutes, said.euros
    if euros is None and signals.has(said.text, "no_money", situation):
        euros = 0
    if minutes is None and signals.has(said.text, "no_time", situation):
        minutes = steps.HOUR // 2
    return replace(
        case,
        minutes=case.minutes if minutes is None else minutes,
        euros=case.euros if euros is None else euros,
    )
