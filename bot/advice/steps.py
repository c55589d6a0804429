"""Steps: which one comes next, and what is said about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from bot.advice import replies, signals
from bot.advice.answer import Answer, QuickReply, Section
from bot.advice.case import Advised, Case, Ref
from bot.advice.situation import Situation
from bot.knowledge.problems import Step, Symptom

T = TypeVar("T")

PLAN_STEPS = 3
"""Steps of a plan; more would be put off."""

ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}
"""The position that a signal names."""

HOUR = 60
"""Minutes."""

LONG_WORD = 6
"""Letters of a word that may name something."""

STEM = 7
"""Letters by which words of a message and of a step's name are compared; shorter words say too little."""


def ref(step: Step) -> Ref:
    """What the case remembers of a step."""
    return Ref("step", step.id)


def candidates(situation: Situation, symptom: Symptom) -> Iterator[Step]:
    """The steps for a symptom that suit the business: those for the cause first, then those for any cause."""
    case = situation.case
    causes = [cause for id_, cause in symptom.causes.items() if id_ == case.cause]
    others = [cause for cause in symptom.causes.values() if cause not in causes]
    ids = (
        *(id_ for cause in causes for id_ in cause.steps),
        *symptom.steps,
        *(id_ for cause in others for id_ in cause.steps),
    )
    for step in (situation.knowledge.steps[id_] for id_ in dict.fromkeys(ids)):
        tried = case.has_tried("step", step.id) or (step.channel and case.has_tried("channel", step.channel))
        if not tried and _suits(step, situation, symptom):
            yield step


def _suits(step: Step, situation: Situation, symptom: Symptom) -> bool:
    if not step.fits:
        return True
    kinds = (situation.business_type,) if situation.business_type else symptom.typical_of
    return any(kind in step.fits for kind in kinds)


def affordable(step: Step, case: Case) -> bool:
    """Whether a step fits in the owner's time (a step may take two weeks) and money."""
    in_time = case.minutes is None or step.minutes <= 2 * case.minutes
    return in_time and (case.euros is None or step.euros <= case.euros)


def upcoming(situation: Situation, symptom: Symptom | None = None) -> list[Step]:
    """The steps that were not said yet and fit time and budget, in the order to do them."""
    symptom = symptom or situation.symptom
    if symptom is None:
        return []
    case = situation.case
    found = candidates(situation, symptom)
    return [step for step in found if not case.has_said("step", step.id) and affordable(step, case)]


def time(step: Step, situation: Situation) -> str:
    """The owner's time that a step takes: "30 minuten"."""
    return duration(step.minutes, situation)


def effort(step: Step, situation: Situation) -> str:
    """What a step takes: "ongeveer 30 minuten, gratis"."""
    return situation.say("step_effort", time=duration(step.minutes, situation), money=money(step.euros, situation))


def duration(minutes: int, situation: Situation) -> str:
    """A time in words: "30 minuten", "een uur", "2,5 uur"."""
    if minutes < HOUR or (minutes % HOUR and minutes < 2 * HOUR):
        return situation.say("minutes", number=minutes)
    hours = round(minutes / HOUR * 2) / 2
    number = f"{hours:g}".replace(".", "," if situation.language == "nl" else ".")
    return situation.say("one_hour" if hours == 1 else "hours", number=number)


def money(euros: int, situation: Situation) -> str:
    """An amount in words: "ongeveer € 50", "gratis"."""
    return situation.say("about_euros", euros=euros) if euros else situation.say("free_of_charge")


def line(step: Step, situation: Situation) -> str:
    """A step in one line: what, and what it takes."""
    return f"**{situation.text(step.name)}** ({effort(step, situation)})"


def buttons(step: Step, situation: Situation, *, but: str = "") -> tuple[QuickReply, ...]:
    """The natural reactions to a step, except the intent `but`."""
    found = [
        QuickReply(situation.say("button_how"), "ask_how"),
        QuickReply(situation.say("button_why"), "ask_why"),
        QuickReply(situation.say("button_tried"), "already_tried"),
        QuickReply(situation.say("button_other"), "other_option"),
    ]
    return tuple(reply for reply in found if reply.intent != but)


def present(step: Step, situation: Situation, *before: Section, refs: Iterable[Ref] = ()) -> Advised:
    """One step: what to do, what it takes, and how the owner sees that it works.

    Args:
        step: The step.
        situation: The conversation.
        before: What is said first.
        refs: What `before` says.
    """
    answer = _answer(
        situation,
        *before,
        Section(situation.say("next_step"), text=line(step, situation)),
        Section(situation.say("sign"), text=situation.text(step.sign)),
        replies=buttons(step, situation),
    )
    return Advised(answer, situation.case.after_saying(*refs, ref(step), focus=ref(step)))


def how(step: Step, situation: Situation) -> Advised:
    """The actions of a step, and who can do it."""
    answer = _answer(
        situation,
        Section(
            situation.text(step.name),
            items=tuple(map(situation.fill, step.how.localized(situation.language))),
            ordered=True,
        ),
        Section(text=situation.say("step_who", who=situation.text(step.who), effort=effort(step, situation))),
        replies=(
            QuickReply(situation.say("button_example"), "ask_example"),
            *_write(situation),
            *buttons(step, situation, but="ask_how"),
        )[:4],
    )
    return Advised(answer, situation.case.after_saying(ref(step), Ref("how", step.id), focus=ref(step)))


def _write(situation: Situation) -> tuple[QuickReply, ...]:
    return (QuickReply(situation.say("button_write"), "ask_text"),) if situation.symptom else ()


def why(step: Step, situation: Situation) -> Advised:
    """Why a step works, with its source."""
    text = situation.text(step.why)
    answer = _answer(
        situation,
        Section(situation.text(step.name), text=text),
        replies=buttons(step, situation, but="ask_why"),
        sources=situation.cite((step.source,)) if step.source else None,
    )
    return Advised(answer, situation.case.after_saying(Ref("why", step.id), focus=ref(step)))


def example(step: Step, situation: Situation) -> Advised:
    """How a step looks once it is done."""
    answer = _answer(
        situation,
        Section(situation.say("for_instance"), text=situation.text(step.example)),
        replies=(*_write(situation), *buttons(step, situation, but="ask_why")),
    )
    return Advised(answer, situation.case.after_saying(Ref("example", step.id), focus=ref(step)))


def cost(step: Step, situation: Situation) -> Advised:
    """What a step takes, and who does it."""
    key = "step_cost" if step.euros else "step_cost_free"
    text = situation.say(
        key,
        time=duration(step.minutes, situation),
        money=money(step.euros, situation),
        who=situation.text(step.who),
    )
    answer = _answer(situation, Section(text=text), replies=buttons(step, situation, but="ask_why"))
    return Advised(answer, situation.case.after_saying(focus=ref(step)))


def shorter(step: Step, situation: Situation) -> Advised:
    """A step in one line."""
    answer = _answer(situation, Section(text=line(step, situation)), replies=buttons(step, situation))
    return Advised(answer, situation.case.after_saying(focus=ref(step)))


def simpler(step: Step, situation: Situation) -> Advised:
    """The first action of a step."""
    first = situation.fill(step.how.localized(situation.language)[0])
    answer = _answer(
        situation, Section(text=situation.say("begin_simply", action=first)), replies=buttons(step, situation)
    )
    return Advised(answer, situation.case.after_saying(focus=ref(step)))


def mentioned(text: str, situation: Situation, symptom: Symptom) -> Step | None:
    """The step for a symptom whose name shares most long words with a message; None without any.

    "we sturen al winkelwagenmails" means the step with "winkelwagen" in its name.
    """
    stems = _stems(text, situation)
    shared = {
        step.id: len(stems & _stems(situation.text(step.name), situation)) for step in candidates(situation, symptom)
    }
    best = max(shared, key=lambda id_: shared[id_], default=None)
    return situation.knowledge.steps[best] if best and shared[best] else None


def _stems(text: str, situation: Situation) -> set[str]:
    words = re.findall(r"\w+", signals.without(text, "filler", situation))
    return {word[:STEM] for word in words if len(word) >= STEM}


def names_something(text: str, situation: Situation) -> bool:
    """Whether a text has a long word that says what it is about: "we already do onboarding calls"."""
    words = re.findall(r"[^\W\d_]+", signals.without(text, "filler", situation))
    return any(len(word) >= LONG_WORD for word in words)


def shares_a_stem(text: str, other: str, situation: Situation) -> bool:
    """Whether two texts have a long word in common."""
    return bool(_stems(text, situation) & _stems(other, situation))


def ordinal(text: str, situation: Situation) -> int | None:
    """The position that a message names, from 0; -1 for the last.

    "dat tweede" and "nummer 2" are 1.
    """
    for signal, position in ORDINALS.items():
        if signals.has(text, signal, situation):
            return position
    return None


def picked(text: str, listed: Sequence[T], situation: Situation) -> T | None:
    """What a message picks from a list by an ordinal: "dat tweede"; None if it names none, or the list is shorter."""
    position = ordinal(text, situation)
    within = position is not None and -len(listed) <= position < len(listed)
    return listed[position] if position is not None and within else None


def set_aside(step: Step, situation: Situation) -> Section:
    """Why a step usually fails for those who tried it."""
    return Section(situation.say("tried_usually"), text=situation.text(step.pitfall))


def plan(situation: Situation, symptom: Symptom) -> Advised | None:
    """The next steps in order within time and budget, and what they take together; None if none fits.

    Steps that were said before come along if they were not tried: a plan may name them again.
    """
    case = situation.case
    fitting = [step for step in candidates(situation, symptom) if affordable(step, case)]
    chosen: list[Step] = []
    for step in fitting:
        cost_so_far = sum(s.euros for s in chosen)
        if len(chosen) < PLAN_STEPS and (case.euros is None or cost_so_far + step.euros <= case.euros):
            chosen.append(step)
    if not chosen:
        return None
    minutes, euros = sum(step.minutes for step in chosen), sum(step.euros for step in chosen)
    total = situation.say("plan_total", time=duration(minutes, situation), money=money(euros, situation))
    if case.minutes:
        weeks = -(-minutes // case.minutes)
        total += " " + (situation.say("plan_weeks", weeks=weeks) if weeks > 1 else situation.say("plan_one_week"))
    paid = next((step for step in fitting if step.euros and step not in chosen), None)
    if case.euros and not euros:
        total += " " + situation.say("money_left", euros=case.euros)
        total += " " + situation.say("spend_on", step=line(paid, situation)) if paid else ""
    phase = situation.knowledge.phases[symptom.phase]
    answer = _answer(
        situation,
        Section(
            situation.say("first_steps_title", phase=situation.text(phase.name)),
            text=situation.say("plan_intro", problem=situation.text(symptom.name)),
        ),
        Section(items=tuple(line(step, situation) for step in chosen), ordered=True),
        Section(text=total + _left_out(situation, symptom)),
        replies=(
            QuickReply(situation.say("button_how_first"), "ask_how"),
            replies.plan(situation),
            replies.measure(situation),
        ),
    )
    offered = tuple(map(ref, chosen))
    return Advised(answer, case.after_saying(*offered, focus=offered[0], offered=offered))


def _left_out(situation: Situation, symptom: Symptom) -> str:
    """A sentence on the steps that time or budget leave no room for."""
    missing = [s for s in candidates(situation, symptom) if not affordable(s, situation.case)]
    if not missing:
        return ""
    step = missing[0]
    return " " + situation.say("left_out", step=situation.text(step.name), effort=effort(step, situation))


def _answer(
    situation: Situation, *sections: Section, replies: tuple[QuickReply, ...], sources: str | None = None
) -> Answer:
    return Answer(
        language=situation.language,
        sections=sections,
        replies=replies,
        phase=situation.phase,
        about="step",
        sources=sources,
    )
