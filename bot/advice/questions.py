"""Questions about the last advice that their words give away: how long, how often, when, who, what if."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.advice import causes, funnel, replies, shares, signals, steps, suggestions, symptoms
from bot.advice.answer import Answer, QuickReply, Section
from bot.advice.case import Advised, Ref
from bot.advice.remark import remark
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge.problems import Step, Symptom

ALLOWED = "allowed"
"""The kind of question whether the law or a professional body allows something."""

BETTER = 1.25
"""Factor on a conversion rate for "what would it bring" where no higher benchmark is known: an example."""


def kind_of(text: str, situation: Situation) -> str | None:
    """The kind of question whose words a message has (questions.yml); of several the one with the longest words.

    >>> from pathlib import Path
    >>> from bot.knowledge import load_knowledge
    >>> kind_of("En hoe vaak moet dat?", Situation(load_knowledge(Path("bot/knowledge/content"))))
    'frequency'
    """
    bare = signals.without(text, "opening", situation)
    found = [
        (len(phrase), kind.id)
        for kind in situation.knowledge.questions.values()
        for phrase in signals.found(bare, kind.words.localized(situation.language))
    ]
    return max(found)[1] if found else None


def answer(said: Utterance, situation: Situation, symptom: Symptom) -> Advised | None:
    """The answer to such a question; None if the message asks none, or if what it asks was just said."""
    text = said.text
    kind = kind_of(text, situation)
    if kind is None or kind not in KINDS:
        return None
    if kind == "find_out":
        return _find_out(situation, symptom)
    if kind == ALLOWED:
        return allowed(text, situation)
    if kind == "should":
        return should(said, situation, symptom)
    step = _spoken_of(situation) or next(iter(steps.upcoming(situation)), None)
    if kind == "yield":
        return _say(situation, Section(text=yield_(situation)), step=step)
    return _ABOUT_STEP[kind](step, situation) if step else None


def allowed(text: str, situation: Situation) -> Advised:
    """What the law or professional rules allow is not for the advisor to decide: it says who knows."""
    is_mailing = signals.has(text, "contacting", situation)
    sections = [Section(text=situation.say("answer_allowed_mailing" if is_mailing else "answer_allowed"))]
    if situation.trade and situation.trade.rules:
        sections.append(Section(text=situation.text(situation.trade.rules)))
    return _say(situation, *sections)


def yield_(situation: Situation) -> str:
    """What a better conversion rate would bring, by the owner's own figures; without them how to find out."""
    rate = funnel.conversion(situation)
    if rate is None or not 0 < rate.share < 1:
        return situation.say("answer_yield")
    visitors, orders = rate.wide.value, rate.narrow.value
    benchmark = shares.benchmark(shares.of_rate(rate), situation)
    average = benchmark.value / 100 if benchmark and benchmark.value else 0.0
    target = average if average > rate.share else min(rate.share * BETTER, 1.0)
    then = round(visitors * target)
    text = situation.say(
        "yield_orders",
        visitors=situation.number(visitors),
        orders=situation.number(orders),
        percentage=situation.percentage(rate.share),
        target=situation.percentage(target),
        then=situation.number(then),
        more=situation.number(then - orders),
    )
    if value := situation.case.figure("order_value"):
        euros = situation.number((then - orders) * value.value)
        text += " " + situation.say("yield_revenue", value=situation.number(value.value), euros=euros)
    return text


def _spoken_of(situation: Situation) -> Step | None:
    """The step in focus, else the one that was said last."""
    case = situation.case
    said = [ref for ref in (*case.said, *([case.focus] if case.focus else [])) if ref.kind == "step"]
    return situation.knowledge.steps.get(said[-1].id) if said else None


def _find_out(situation: Situation, symptom: Symptom) -> Advised:
    return causes.overview(symptom, situation)


def is_yes_no(text: str, situation: Situation) -> bool:
    """Whether a message asks yes or no about an own idea: "would a pay-what-you-want Wednesday work?"."""
    bare = signals.without(text, "opening", situation)
    return text.rstrip().endswith("?") and bool(bare) and not signals.has(bare, "open_question", situation)


def should(said: Utterance, situation: Situation, symptom: Symptom) -> Advised:
    """Whether to do something: what is known of it, else what is near to it, else how to weigh it oneself."""
    text = said.text
    if step := steps.mentioned(text, situation, symptom):
        return steps.why(step, situation)
    avoid = situation.text(symptom.avoid)
    if steps.shares_a_stem(text, avoid, situation) and not situation.case.has_said("avoid", symptom.id):
        told = _say(situation, Section(situation.say("title_beware"), text=avoid))
        return Advised(told.answer, told.case.after_saying(Ref("avoid", symptom.id)))
    if cause := causes.named(text, situation, symptom):
        return _say(
            situation, Section(text=situation.text(symptom.causes[cause].fix)), Section(text=_trial(symptom, situation))
        )
    if near := suggestions.offer(said, situation):
        return near
    about = Ref("trial", symptom.id)
    if about in situation.case.said:
        return symptoms.nothing_left(situation)
    told = remark(situation, Section(text=_trial(symptom, situation)), buttons=_after_trial(situation))
    return Advised(told.answer, told.case.after_saying(about))


def _after_trial(situation: Situation) -> tuple[QuickReply, ...]:
    return (replies.next_step(situation), replies.human(situation), replies.appointment(situation))


def _trial(symptom: Symptom, situation: Situation) -> str:
    """How to weigh an idea, and to find out by trying, with the figure to watch."""
    metric = situation.knowledge.metrics[symptom.measurement.metric]
    return situation.say("answer_should", metric=situation.text(metric.name).lower())


def _duration(step: Step, situation: Situation) -> Advised:
    text = situation.say("answer_duration", time=steps.time(step, situation), sign=situation.text(step.sign))
    return _say(situation, Section(text=text), step=step)


def _frequency(step: Step, situation: Situation) -> Advised:
    text = situation.text(situation.knowledge.rhythms[step.rhythm].text)
    return _say(situation, Section(situation.text(step.name), text=text), step=step)


def _sign(step: Step, situation: Situation) -> Advised:
    sections = [Section(situation.say("sign"), text=situation.text(step.sign))]
    symptom = situation.symptom
    about = Ref("measurement", symptom.id) if symptom else None
    if symptom and about and about not in situation.case.said:
        sections.append(Section(text=situation.text(symptom.measurement.text)))
        situation = situation.with_case(situation.case.after_saying(about))
    return _say(situation, *sections, step=step)


def _outsource(step: Step, situation: Situation) -> Advised:
    text = situation.say("answer_outsource", time=steps.time(step, situation))
    return _say(situation, Section(text=text), step=step)


def _what_if(step: Step, situation: Situation) -> Advised:
    focus = situation.case.focus
    if focus and focus.kind == "text":
        return _say(situation, Section(text=situation.say("what_if_text")), step=step)
    about = Ref("pitfall", step.id)
    if about in situation.case.said:
        return symptoms.continue_(situation)
    section = Section(situation.say("answer_what_if"), text=situation.text(step.pitfall))
    return symptoms.continue_(situation.with_case(situation.case.after_saying(about)), section)


_ABOUT_STEP: Mapping[str, Callable[[Step, Situation], Advised]] = {
    "duration": _duration,
    "frequency": _frequency,
    "timing": _frequency,
    "sign": _sign,
    "outsource": _outsource,
    "what_if": _what_if,
    "how": steps.how,
}

KINDS = {"find_out", ALLOWED, "yield", "should", *_ABOUT_STEP}
"""The kinds that are about the last advice; the others ask for a sum (what_if.py)."""


def _say(situation: Situation, *sections: Section, step: Step | None = None) -> Advised:
    buttons = steps.buttons(step, situation) if step else (QuickReply(situation.say("button_next_step"), "next_step"),)
    answer = Answer(
        language=situation.language, sections=sections, replies=buttons, phase=situation.phase, about="step"
    )
    return Advised(answer, situation.case.after_saying(focus=steps.ref(step) if step else None))
