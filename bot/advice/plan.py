"""A plan: at most three goals and five steps over four weeks, fitted to the owner's time and money."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import zip_longest

import msgspec
from msgspec.structs import replace

from bot.advice import drafts, means, quickscan, quickscan_results, replies, signals, steps
from bot.advice.answer import Answer, QuickReply, Section
from bot.advice.case import Advised, Case, Problem, Ref
from bot.advice.quickscan_results import StageResult
from bot.advice.situation import Situation, capitalized
from bot.advice.utterance import Utterance
from bot.forms.working_days import add_working_days, format_day, is_working_day
from bot.knowledge import Language
from bot.knowledge.models import Metric
from bot.knowledge.problems import Draft, Step, Symptom

ABOUT = "plan"
"""`Answer.about` of a plan."""

MAX_WORDS_OF_WISH = 8

MAX_GOALS, MAX_STEPS, WEEKS = 3, 5, 4

USUAL_MINUTES = 120
"""What an owner is taken to have a week who did not say: a planning assumption."""

BEGINS = time(9, 0)
"""When reminders come, on their day."""

REMIND_AFTER = timedelta(days=14)

VERDICT = 2
"""Sections of the outcome of a quickscan that a plan begins with: the leak, and what mending it brings."""

BETTER = 0.2
"""Relative improvement that a goal asks for where no benchmark is known: a fifth, by choice."""


class Goal(msgspec.Struct, frozen=True, omit_defaults=True):
    """What gets better: a problem and the figure that shows it."""

    problem: str
    metric: str
    formula: str
    today: str | None = None
    target: str | None = None


class PlannedText(msgspec.Struct, frozen=True):
    """A draft to use."""

    name: str
    text: str


class PlannedStep(msgspec.Struct, frozen=True, omit_defaults=True):
    """A step on its day."""

    id: str
    name: str
    day: date
    week: int
    minutes: int
    euros: int
    effort: str
    actions: tuple[str, ...]
    sign: str
    text: PlannedText | None = None


class Plan(msgspec.Struct, frozen=True, omit_defaults=True):
    """A plan in the words of an owner's language, complete: it can be shown without the knowledge base."""

    language: Language
    made_on: date
    goals: tuple[Goal, ...]
    steps: tuple[PlannedStep, ...]
    total: str


def make(situation: Situation) -> Plan | None:
    """The plan for the problems of a case, from the next working day on; None if no step is left that fits."""
    today = situation.today
    chosen = _choose(situation)
    if not chosen:
        return None
    days = list(_days(chosen, situation, today))
    planned = tuple(
        _planned(step, symptom, day, today, situation) for (step, symptom), day in zip(chosen, days, strict=True)
    )
    minutes, euros = sum(step.minutes for step, _ in chosen), sum(step.euros for step, _ in chosen)
    return Plan(
        language=situation.language,
        made_on=today,
        goals=tuple(_goals(situation)),
        steps=planned,
        total=situation.say("plan_total", time=steps.duration(minutes, situation), money=steps.money(euros, situation)),
    )


def _problems(case: Case) -> list[Problem]:
    return [problem for problem in case.problems if problem.symptom][:MAX_GOALS]


def _choose(situation: Situation) -> list[tuple[Step, Symptom]]:
    """Steps in turn for each problem, the current one first, within time and money."""
    case = situation.case
    by_problem = []
    for problem in _problems(case):
        symptom = situation.knowledge.symptoms[problem.symptom or ""]
        own = situation.with_case(replace(case, problems=(problem, *case.problems)))
        by_problem.append([(step, symptom) for step in steps.candidates(own, symptom) if steps.affordable(step, case)])
    in_turn = [pair for pairs in zip_longest(*by_problem) for pair in pairs if pair is not None]
    in_turn.sort(key=lambda pair: pair[0].id not in case.preferred)  # stable: preferred ones first
    chosen: list[tuple[Step, Symptom]] = []
    for step, symptom in in_turn:
        spent = sum(other.euros for other, _ in chosen)
        time = sum(other.minutes for other, _ in chosen)
        is_new = all(step is not other for other, _ in chosen)
        in_money = case.euros is None or spent + step.euros <= case.euros
        in_time = case.minutes is None or not chosen or time + step.minutes <= WEEKS * case.minutes
        if is_new and in_money and in_time and len(chosen) < MAX_STEPS:
            chosen.append((step, symptom))
    return chosen


def _days(chosen: Iterable[tuple[Step, Symptom]], situation: Situation, today: date) -> Iterator[date]:
    """A working day for each step: as many a week as the owner has time for, on different days."""
    country, available = situation.knowledge.agency.country, situation.case.minutes or USUAL_MINUTES
    first = add_working_days(today, 1, country)
    week, used, in_week = 0, 0, 0
    for number, (step, _) in enumerate(chosen):
        is_full = in_week and used + step.minutes > available
        spread = in_week and number >= (week + 1) * -(-MAX_STEPS // WEEKS)  # no week empty while others are full
        if (is_full or spread) and week < WEEKS - 1:
            week, used, in_week = week + 1, 0, 0
        day = first + timedelta(days=7 * week + 2 * in_week)
        while not is_working_day(day, country):
            day += timedelta(days=1)
        yield day
        used, in_week = used + step.minutes, in_week + 1


def _planned(step: Step, symptom: Symptom, day: date, today: date, situation: Situation) -> PlannedStep:
    draft = _draft(step, symptom, situation)
    text = draft and PlannedText(situation.text(draft.name), situation.text(draft.text))
    return PlannedStep(
        id=step.id,
        name=situation.text(step.name),
        day=day,
        week=min((day - today).days // 7 + 1, WEEKS),
        minutes=step.minutes,
        euros=step.euros,
        effort=steps.effort(step, situation),
        actions=tuple(map(situation.fill, step.how.localized(situation.language))),
        sign=situation.text(step.sign),
        text=text or None,
    )


def _draft(step: Step, symptom: Symptom, situation: Situation) -> Draft | None:
    """A text for the channel of a step and the problem, if there is one for the kind of business."""
    fitting = [
        draft
        for draft in situation.knowledge.texts.values()
        if symptom.id in draft.symptoms and drafts.suits(draft, situation)
    ]
    of_channel = [draft for draft in fitting if step.channel and step.channel in draft.channels]
    name = situation.text(step.name)
    of_channel.sort(key=lambda draft: not steps.shares_a_stem(situation.text(draft.name), name, situation))
    return next(iter(of_channel), None)


def _goals(situation: Situation) -> Iterator[Goal]:
    found = quickscan_results.results(situation.case, quickscan.scan_for(situation), situation)
    for problem in _problems(situation.case):
        symptom = situation.knowledge.symptoms[problem.symptom or ""]
        result = next((r for r in found if r.stage.symptom == symptom.id), None)
        metric = situation.knowledge.metrics[result.stage.metric if result else symptom.measurement.metric]
        values = _scanned(result, metric) if result else _told(metric, situation)
        today, target = (f"{situation.percentage(value)}%" for value in values) if values else (None, None)
        name = quickscan_results.name(result.stage, situation) if result else situation.text(metric.name)
        yield Goal(situation.text(symptom.name), capitalized(name), situation.text(metric.formula), today, target)


def _scanned(result: StageResult, metric: Metric) -> tuple[float, float]:
    """The value of a metric by the quickscan, and the one to aim at: what is usual if that is better."""
    value, average = result.share.value, result.average if result.lags else None
    if metric.lower_is_better and not result.fewer_is_better:  # the scan counts who goes on, the metric who leaves
        value, average = 1 - value, None if average is None else 1 - average
    return value, average if average is not None else _better(value, metric)


def _told(metric: Metric, situation: Situation) -> tuple[float, float] | None:
    """The value of a metric that the owner told as a share, and the one to aim at."""
    told = situation.case.figure(metric.id)
    return (told.value, _better(told.value, metric)) if told and told.unit == "ratio" else None


def _better(value: float, metric: Metric) -> float:
    return value * (1 - BETTER) if metric.lower_is_better else min(value * (1 + BETTER), 1.0)


def present(plan: Plan, situation: Situation, *before: Section, address: str | None = None) -> Advised:
    """The plan in the chat: its steps with day and effort, and where the whole can be read.

    Args:
        plan: The plan.
        situation: The conversation.
        before: What is said first.
        address: Of the page with the whole plan.
    """
    items = tuple(
        situation.say("plan_line", step=step.name, day=format_day(step.day, plan.language), effort=step.effort)
        for step in plan.steps
    )
    goal = next((goal for goal in plan.goals if goal.today and goal.target), None)
    aim = (Section(text=_aim(goal, situation)),) if goal else ()
    link = (Section(text=situation.say("plan_link", address=address)),) if address else ()
    answer = Answer(
        language=plan.language,
        title=situation.say("plan_title"),
        sections=(*before, *aim, Section(items=items, ordered=True, in_plan=True), Section(text=plan.total), *link),
        replies=(
            QuickReply(situation.say("button_how_first"), "ask_how"),
            replies.measure(situation),
            replies.appointment(situation),
        ),
        phase=situation.phase,
        about=ABOUT,
    )
    refs = tuple(Ref("step", step.id) for step in plan.steps)
    case = situation.case.after_saying(*refs, focus=refs[0], offered=refs)
    return Advised(answer, replace(case, plan=tuple(step.id for step in plan.steps)))


def _aim(goal: Goal, situation: Situation) -> str:
    return situation.say("plan_goal", metric=goal.metric.lower(), today=goal.today, target=goal.target)


def in_scan(said: Utterance, situation: Situation) -> Advised | None:
    """The plan that an owner asks for in the middle of a quickscan, after the verdict on the figures so far.

    None if no quickscan is open, or the message asks for no plan.
    """
    scan = situation.knowledge.quickscan.get(situation.case.scan or "")
    if scan is None or said.intent != "ask_plan":
        return None
    told = quickscan.finish(situation.with_case(means.with_means(said, situation)), scan)
    after = with_likeliest(situation.with_case(told.case, told.answer.phase))
    made = make(after) if after.symptom else None
    if made is None:
        return told
    shown = present(made, after, *told.answer.sections[:VERDICT])
    return Advised(replace(shown.answer, funnel=told.answer.funnel, sources=told.answer.sources), shown.case)


def with_likeliest(situation: Situation) -> Situation:
    """The situation with the likeliest of the problems that were offered, if the owner did not choose one yet."""
    offered = next((ref.id for ref in situation.case.offered if ref.kind == "symptom"), None)
    if situation.symptom or offered is None:
        return situation
    symptom = situation.knowledge.symptoms[offered]
    return situation.with_case(situation.case.with_problem(Problem(symptom.phase, symptom.id)), symptom.phase)


def remind_at(now: datetime, country: str) -> datetime:
    """When a team that asks for it now is reminded of its plan: in two weeks, or on the first working day after.

    >>> remind_at(datetime(2026, 12, 11, 16, 30), "NL")  # two weeks later is Christmas, a Friday
    datetime.datetime(2026, 12, 28, 9, 0)
    """
    day = add_working_days((now + REMIND_AFTER).date() - timedelta(days=1), 1, country)
    return datetime.combine(day, BEGINS, now.tzinfo)


def changed(said: Utterance, situation: Situation) -> Case | None:
    """The case after a wish about the plan: "dat eerste niet", "liever eerst de mails", "2 uur per week"; None without.

    Args:
        said: The message after a plan.
        situation: The conversation.
    """
    case = situation.case
    if situation.about != ABOUT or not case.plan or not said.text:
        return None
    if said.minutes is not None or said.euros is not None:
        minutes = case.minutes if said.minutes is None else said.minutes
        return replace(case, minutes=minutes, euros=case.euros if said.euros is None else said.euros)
    named = _named(said, situation)
    if named and signals.has(said.text, "rather", situation):
        return replace(case, preferred=tuple(dict.fromkeys((*named, *case.preferred))))
    if signals.has(said.text, "not_this", situation) and len(said.text.split()) <= MAX_WORDS_OF_WISH:
        picked = steps.picked(said.text, case.plan, situation)
        aside = [picked] if picked else named or [case.plan[0]]
        channels = [Ref("channel", id_) for id_ in said.channels]
        return case.without(*(Ref("step", id_) for id_ in aside), *channels)
    return None


def _named(said: Utterance, situation: Situation) -> list[str]:
    """The steps that a message names: by channel, or by a word that their name or actions have ("de mails")."""
    candidates = [step for symptom in _symptoms(situation) for step in steps.candidates(situation, symptom)]
    wish = said.text
    for signal in ("rather", "not_this", *steps.ORDINALS):
        wish = signals.without(wish, signal, situation)
    words = [word.removesuffix("s") for word in re.findall(r"[^\W\d_]{4,}", wish)]

    def is_named(step: Step) -> bool:
        text = " ".join((situation.text(step.name), *step.how.localized(situation.language))).lower()
        return any(re.search(rf"\b{word}", text) for word in words)

    ids = [step.id for step in candidates if step.channel and step.channel in said.channels]
    ids += [step.id for step in candidates if is_named(step)]
    return list(dict.fromkeys(ids))


def _symptoms(situation: Situation) -> list[Symptom]:
    return [situation.knowledge.symptoms[problem.symptom or ""] for problem in _problems(situation.case)]


def ask_how_it_went(situation: Situation) -> Advised:
    """To an owner who comes back: how the first step of the plan went."""
    step = next(s for id_ in situation.case.plan if (s := situation.knowledge.steps.get(id_)))
    text = situation.say("plan_how_it_went", step=situation.text(step.name))
    answer = Answer(
        language=situation.language,
        sections=(Section(text=text),),
        replies=(
            QuickReply(situation.say("button_done"), "next_step"),
            QuickReply(situation.say("button_not_yet"), "ask_how"),
            QuickReply(situation.say("button_did_not_work"), "already_tried"),
            replies.my_problem(situation),
        ),
        phase=situation.phase,
        about="step",
    )
    case = replace(situation.case, plan=situation.case.plan[1:])
    return Advised(answer, case.after_saying(focus=steps.ref(step)))
