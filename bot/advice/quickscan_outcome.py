"""The outcome of a quickscan: the leak, if one is certain, with the sums and the picture of the funnel."""

from __future__ import annotations

import math
from collections.abc import Iterator

from bot.advice import replies, shares, symptoms
from bot.advice.answer import Answer, Bar, Section
from bot.advice.case import Advised, Case, Problem, Ref
from bot.advice.funnel import profit
from bot.advice.quickscan_results import StageResult, leak, name, results
from bot.advice.situation import Situation, capitalized
from bot.knowledge.problems import Scan, ScanStage, Symptom


def outcome(situation: Situation, scan: Scan, *before: Section) -> Advised:
    """Where the funnel leaks: the verdict, what it costs, the picture, and what to measure next."""
    case = situation.case
    found = results(case, scan, situation)
    if not found:
        return _too_little(situation, scan, *before)
    worst = leak(found)
    symptom = situation.knowledge.symptoms[worst.stage.symptom] if worst else None
    told = [result for result in found if result.stage.share and result.average is None]
    own = [result for result in told if result.stage.symptom == case.symptom]
    others = [result for result in found if result.lags and result is not worst]
    is_compared = any(result.average is not None for result in found)
    caveats = [Section(text=situation.text(result.stage.caveat)) for result in found if result.stage.caveat]
    sections = [*before, *(Section(text=_told(result, scan, situation)) for result in own)]
    if worst and symptom:
        sections += _leak(worst, symptom, scan, situation)
        known = (problem for problem in case.problems if problem.symptom == symptom.id)
        case = case.with_problem(next(known, Problem(symptom.phase, symptom.id)))
    elif is_compared:
        sections.append(Section(situation.say("scan_no_leak_title"), text=_compared(found, scan, situation)))
    elif not own and len(told) < len(found):  # else the narrowest stage leads away from what the owner came for
        sections.append(Section(situation.say("scan_unknown_title"), text=_without_benchmark(found, scan, situation)))
    sections += [Section(text=_also_low(result, scan, situation, briefly=worst is not None)) for result in others]
    sections += [Section(text=_told(result, scan, situation)) for result in told if result not in own]
    sections += caveats
    sections += [Section(text=text) for text in (_cost(scan, situation), _missing(scan, case, situation)) if text]
    is_unknown = symptom is None and situation.symptom is None
    guess = situation.knowledge.symptoms[_narrowest(found).stage.symptom] if is_unknown else None
    if guess:
        case = case.with_problem(Problem(guess.phase, likely=(guess.id,)))
    offered = (Ref("symptom", guess.id),) if guess else ()
    answer = _answer(tuple(sections), found, scan, situation, symptom, guess)
    return Advised(answer, case.after_saying(offered=offered))


def _leak(worst: StageResult, symptom: Symptom, scan: Scan, situation: Situation) -> Iterator[Section]:
    """The leak: the verdict, what it costs, and that the owner named another problem."""
    title = situation.say("scan_leak_title", stage=_name(worst.stage, scan, situation))
    yield Section(title, text=_verdict(worst, situation))
    if gain := _gain(worst, situation.case, situation):
        yield Section(text=gain)
    if situation.symptom and situation.symptom is not symptom:
        words, numbers = situation.text(situation.symptom.name), situation.text(symptom.name)
        yield Section(text=situation.say("scan_disagree", words=words, numbers=numbers))


def _answer(
    sections: tuple[Section, ...],
    found: list[StageResult],
    scan: Scan,
    situation: Situation,
    symptom: Symptom | None,
    guess: Symptom | None,
) -> Answer:
    told = [r for r in found if r.average is None or r.lags or symptom is None or r.stage.share is None]
    ids = [used.source for result in told if (used := result.benchmark or result.context)]
    return Answer(
        language=situation.language,
        title=situation.say("scan_title"),
        sections=sections,
        replies=(
            symptoms.reply(guess, situation) if guess else replies.next_step(situation),
            replies.plan(situation),
            replies.measure(situation),
            replies.appointment(situation),
        ),
        phase=symptom.phase if symptom else situation.phase,
        about="scan",
        funnel=bars(found, scan, situation),
        sources=situation.cite(tuple(dict.fromkeys(ids))) if ids else None,
    )


def _narrowest(found: list[StageResult]) -> StageResult:
    """The stage where most people are lost."""
    stages = [result for result in found if result.stage.share is None] or found
    return min(stages, key=lambda result: result.share.value)


def _too_little(situation: Situation, scan: Scan, *before: Section) -> Advised:
    first, second = (situation.text(question.name) for question in scan.questions[:2])
    text = situation.say("scan_too_little", first=first, second=second)
    answer = Answer(
        language=situation.language,
        sections=(*before, Section(text=text)),
        replies=(replies.quickscan(situation), replies.my_problem(situation)),
        phase=situation.phase,
        about="scan",
    )
    return Advised(answer, situation.case.after_saying())


def _name(stage: ScanStage, scan: Scan, situation: Situation) -> str:
    if stage.share:
        return name(stage, situation).lower()
    wide, narrow = word_for(stage.wide, scan, situation), word_for(stage.narrow, scan, situation)
    return situation.say("scan_stage", wide=wide, narrow=narrow)


def word_for(role: str | None, scan: Scan, situation: Situation) -> str:
    """What a figure is called for such a business."""
    return next(situation.text(question.name) for question in scan.questions if question.figure == role)


def _verdict(result: StageResult, situation: Situation) -> str:
    share = result.share
    sum_ = None
    if result.stage.share is None and share.part is not None and share.whole is not None:
        sum_ = situation.say(
            "share",
            part=situation.number(share.part),
            whole=situation.number(share.whole),
            percentage=situation.percentage(share.value),
        )
    key = "scan_high" if result.fewer_is_better else "scan_low"
    found = result.benchmark
    own = situation.percentage(share.value)
    average = situation.percentage(result.average or 0.0)
    rule = "_rule" if found and found.is_rule else ""
    position = situation.say(key + rule, own=own, average=average)
    text = situation.text(found.text) if found else None
    return " ".join(filter(None, (sum_, position, text, shares.yearly(share, situation))))


def _gain(result: StageResult, case: Case, situation: Situation) -> str | None:
    """What reaching the usual would bring a month: people, and euros if the value is known."""
    if result.missed < 1:
        return None
    more = situation.number(result.missed)
    text = situation.say("scan_gain_stay" if result.stage.share else "scan_gain", more=more)
    value = case.figure("order_value")
    if value and (result.stage.share or result.stage.narrow == "orders"):
        euros = situation.number(result.missed * value.value)
        text += " " + situation.say("scan_gain_euros", euros=euros)
    return text


def _also_low(result: StageResult, scan: Scan, situation: Situation, *, briefly: bool) -> str:
    """Another stage that is worse than usual beyond doubt; a rule of thumb is told as what it says.

    Beside a leak (`briefly`) the rule itself is left out.
    """
    if result.benchmark and result.benchmark.is_rule:
        if briefly:
            name, share = _name(result.stage, scan, situation), situation.percentage(result.share.value)
            return situation.say("scan_rule_brief", stage=name, own=share)
        return _about(result, scan, situation)
    return situation.say("scan_also_low", about=_about(result, scan, situation))


def _about(result: StageResult, scan: Scan, situation: Situation) -> str:
    """The share of a stage beside what is usual, or beside the rule of thumb; of those who leave also their number."""
    stage, own = capitalized(_name(result.stage, scan, situation)), situation.percentage(result.share.value)
    if result.benchmark and result.benchmark.is_rule:
        text = situation.say("scan_rule", stage=stage, own=own, rule=situation.text(result.benchmark.text))
    else:
        average = situation.percentage(result.average or 0.0)
        text = situation.say("scan_about", stage=stage, own=own, average=average)
        if result.seems_to_lag:
            text += " " + situation.say("scan_seems_many" if result.fewer_is_better else "scan_seems_low")
    return " ".join(filter(None, (text, _leaving(result, situation))))


def _told(result: StageResult, scan: Scan, situation: Situation) -> str:
    """A share that was told, without a benchmark to judge it by: of those who leave also what that costs."""
    stage, own = capitalized(_name(result.stage, scan, situation)), situation.percentage(result.share.value)
    if result.context:
        return situation.say("scan_rule", stage=stage, own=own, rule=situation.text(result.context.text))
    if not result.fewer_is_better:
        return situation.say("scan_told", stage=stage, own=own)
    return f"{stage}: {own}%. {_leaving(result, situation) or shares.describe(result.share, situation)}".rstrip()


def _leaving(result: StageResult, situation: Situation) -> str | None:
    """How many stay away or leave, and what that costs at most; None if the number is unknown."""
    if not result.fewer_is_better or result.share.part is None:
        return None
    number = round(result.share.part)
    text = situation.say("scan_leaves", number=situation.number(number))
    value = situation.case.figure("order_value")
    if value is None:
        return text
    return f"{text} {situation.say('scan_leaves_euros', euros=situation.number(number * value.value))}"


def _compared(found: list[StageResult], scan: Scan, situation: Situation) -> str:
    """The stages that have a benchmark, none of which lags beyond doubt."""
    compared = [result for result in found if result.average is not None]
    parts = [_about(result, scan, situation) for result in compared]
    uncertain = any(result.share.is_uncertain for result in compared)
    tail = [situation.say("scan_uncertain")] if uncertain else []
    return " ".join([situation.say("scan_no_leak"), *parts, *tail])


def _without_benchmark(found: list[StageResult], scan: Scan, situation: Situation) -> str:
    """The narrowest stage, where nothing has a benchmark."""
    narrowest = _narrowest(found)
    stage, own = _name(narrowest.stage, scan, situation), situation.percentage(narrowest.share.value)
    return situation.say("scan_no_benchmark", stage=stage, own=own)


def _cost(scan: Scan, situation: Situation) -> str | None:
    """What an order cost in advertising (spend ÷ orders) beside what it leaves (value x margin)."""
    budget, orders = situation.case.monthly("budget"), situation.case.monthly("orders")
    if not budget or not orders:
        return None
    cost, left = budget / orders, profit(situation)
    text = situation.say(
        "scan_cost",
        budget=situation.money(budget),
        number=situation.number(orders),
        orders=word_for("orders", scan, situation),
        cost=situation.money(cost),
    )
    if not left:
        return text
    if scan.recurring:
        months = math.ceil(cost / left)
        return f"{text} {situation.say('scan_cost_months', profit=situation.money(left), months=months)}"
    key = "scan_cost_within" if cost <= left else "scan_cost_above"
    return f"{text} {situation.say(key, profit=situation.money(left))}"


def _missing(scan: Scan, case: Case, situation: Situation) -> str | None:
    """What to measure first: the first figure of a stage that was not told."""
    needed = [role for stage in scan.stages for role in (stage.wide, stage.narrow, stage.share) if role]
    missing = next((role for role in needed if case.figure(role) is None), None)
    return situation.say("scan_missing", figure=word_for(missing, scan, situation)) if missing else None


def bars(found: list[StageResult], scan: Scan, situation: Situation) -> tuple[Bar, ...]:
    """The funnel as bars from wide to narrow, each with its share of the widest and of the one before."""
    case = situation.case
    roles = list(dict.fromkeys(r for s in found for r in (s.stage.wide, s.stage.narrow) if r and case.monthly(r)))
    roles.sort(key=lambda role: -(case.monthly(role) or 0.0))
    if not roles:
        return ()
    widest = case.monthly(roles[0]) or 1.0
    worst = leak(found)
    drawn = []
    for role in roles:
        value = case.monthly(role) or 0.0
        ends = next((r for r in found if r.stage.narrow == role), None)
        drawn.append(_bar(role, value, widest, ends, worst, scan, situation))
    return tuple(drawn)


def _bar(
    role: str,
    value: float,
    widest: float,
    ends: StageResult | None,
    worst: StageResult | None,
    scan: Scan,
    situation: Situation,
) -> Bar:
    usual = None
    if ends and ends.average is not None and ends.share.whole:
        usual = min(ends.average * ends.share.whole / widest, 1.0)
    return Bar(
        name=capitalized(word_for(role, scan, situation)),
        value=situation.number(value),
        width=value / widest,
        rate=f"{situation.percentage(ends.share.value)}%" if ends else None,
        usual=usual,
        usual_rate=f"{situation.percentage(ends.average)}%" if ends and ends.average is not None else None,
        leaks=ends is not None and ends is worst,
    )
