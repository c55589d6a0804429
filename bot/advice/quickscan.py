"""The quickscan: asks for an owner's figures one by one, and shows where the funnel leaks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from bot.advice import causes, facts, replies, shares
from bot.advice.answer import Answer, Bar, QuickReply, Section
from bot.advice.case import Advised, Case, Fact, Problem
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge.models import Benchmark
from bot.knowledge.problems import Scan, ScanStage, Symptom

INTENT, SKIP = "start_quickscan", "skip_figure"
"""The intents that begin it and, by a button, skip a figure."""

ROW = "row"
"""The unit of the number that says how many rows of a report were added up."""

MAX_COUNT = 1e9
"""A larger number is a typing error."""

NEGATIVE = re.compile(r"(?:^|\s)[-−]\s?\d")


@dataclass(frozen=True)
class StageResult:
    """A part of the funnel with the owner's figures.

    Attributes:
        stage: What it is.
        share: The share that goes on; of an inverse share that is told (no-shows), the share that leaves.
        average: What is usual for such a business, in the same direction; None without a fitting benchmark.
    """

    stage: ScanStage
    share: shares.Share
    average: float | None

    @property
    def fewer_is_better(self) -> bool:
        """Whether a low share is good, as of no-shows."""
        return self.stage.share is not None and self.stage.inverse

    @property
    def lags(self) -> bool:
        """Whether the share is worse than usual beyond doubt: the usual lies outside the confidence interval."""
        if self.average is None:
            return False
        low, high = self.share.interval() or (self.share.value, self.share.value)
        return low > self.average if self.fewer_is_better else high < self.average

    @property
    def missed(self) -> float:
        """How many more a month would go on, or stay, at what is usual."""
        if self.average is None or self.share.whole is None:
            return 0.0
        return abs(self.average - self.share.value) * self.share.whole


def start(situation: Situation, *before: Section) -> Advised:
    """Begins, or goes on where it was left; asks for the kind of business if that is unknown.

    Known figures that can't be right are set aside, and the first of them is asked again.
    """
    if situation.business_type is None:
        kinds = situation.knowledge.business_types.values()
        answer = Answer(
            language=situation.language,
            sections=(*before, Section(text=situation.say("scan_which_business"))),
            replies=tuple(QuickReply(_capital(situation.text(k.name)), INTENT, {"business_type": k.id}) for k in kinds),
            about="scan",
        )
        return Advised(answer, situation.case.after_saying())
    scan = scan_for(situation)
    begun = situation.case.scan == scan.id
    case = replace(situation.case, scan=scan.id, skipped=situation.case.skipped if begun else ())
    if problem := _problem(case, scan, situation):
        complaint = problem
        while problem:
            case = _without(problem[0], case)
            problem = _problem(case, scan, situation)
        role, key, values = complaint
        asking = situation.with_case(replace(case, asked=role))
        return _next(asking, scan, *before, Section(text=situation.say(key, **values)))
    unknown = len(list(_open(scan, case)))
    lead = () if begun or not unknown else (Section(text=situation.say("scan_intro", number=unknown)),)
    return _next(situation.with_case(case), scan, *before, *lead)


def from_report(said: Utterance, situation: Situation) -> Advised:
    """Begins, or goes on, with the sums of a report; says first what was read."""
    rows = next((int(amount.value) for amount in said.amounts if amount.unit == ROW), 0)
    return start(situation, Section(text=sums_read(said.facts, rows, situation)))


def sums_read(sums: Iterable[Fact], rows: int, situation: Situation) -> str:
    """What was read of a report: the number of rows, and the sums."""
    named = ", ".join(facts.name_of(fact, situation) for fact in sums)
    return situation.say("report_read", rows=situation.number(rows), sums=named)


def scan_for(situation: Situation) -> Scan:
    """The quickscan for the kind of business; that of web shops for an unknown one."""
    scans = situation.knowledge.quickscan.values()
    return next((s for s in scans if situation.business_type in s.business_types), next(iter(scans)))


def heard(said: Utterance, situation: Situation) -> Advised | None:
    """The next question after a figure or a refusal; None if the quickscan is not open, or the message is neither."""
    case = situation.case
    if case.scan is None or case.asked is None:
        return None
    scan = situation.knowledge.quickscan.get(case.scan)
    if scan is None:
        return None
    if said.intent == SKIP or (said.text and _refuses(said.text, situation)):
        return _next(situation.with_case(replace(case, skipped=(*case.skipped, case.asked))), scan)
    if said.intent == "cancel" or said.text.lower().strip(" .!") in situation.say("scan_stop_words").split(", "):
        return finish(situation, scan)
    if NEGATIVE.search(said.text):
        return _again("scan_negative", situation, scan)
    known = {fact.role for fact in said.facts} & {question.figure for question in scan.questions}
    if not known and said.numbers:
        role = situation.knowledge.figures[case.asked]
        period = next((amount.period for amount in said.amounts if amount.period), None)
        case = case.with_facts([Fact(role.id, said.numbers[0], role.unit, period)])
    elif not known:
        return None
    if problem := _problem(case, scan, situation):
        role_id, key, values = problem
        asking = replace(_without(role_id, case), asked=role_id)
        return _again(key, situation.with_case(asking), scan, **values)
    return _next(situation.with_case(case), scan)


def _refuses(text: str, situation: Situation) -> bool:
    lowered = text.lower()
    skips = any(words in lowered for words in situation.say("skip_words").split(", "))
    return skips or causes.is_unknown(text, situation)


def _problem(case: Case, scan: Scan, situation: Situation) -> tuple[str, str, dict[str, str]] | None:
    """A figure that can't be right: its role, and the phrase that says why."""
    asked = {question.figure for question in scan.questions}
    for fact in case.facts:
        if fact.role not in asked:
            continue
        if fact.unit == "percent" and fact.value > 100:
            return fact.role, "scan_percent", {}
        if fact.value > MAX_COUNT:
            return fact.role, "scan_too_large", {}
    for stage in scan.stages:
        wide, narrow = (_count(role, case) for role in (stage.wide, stage.narrow))
        if wide is not None and narrow is not None and narrow > wide:
            wrong = case.asked if case.asked in (stage.wide, stage.narrow) else stage.narrow
            names = {"wide": _word(stage.wide, scan, situation), "narrow": _word(stage.narrow, scan, situation)}
            return str(wrong), "scan_more_than", names
    return None


def _without(role: str, case: Case) -> Case:
    return replace(case, facts=tuple(fact for fact in case.facts if fact.role != role))


def _next(situation: Situation, scan: Scan, *before: Section) -> Advised:
    """Asks for the figure that was asked for last, if it is still open, else for the next one."""
    case = situation.case
    unknown = list(_open(scan, case))
    if not unknown:
        return finish(situation, scan, *before)
    question = case.asked if case.asked in unknown else unknown[0]
    asked = next(q for q in scan.questions if q.figure == question)
    answer = Answer(
        language=situation.language,
        sections=(*before, Section(text=situation.text(asked.ask))),
        replies=(
            QuickReply(situation.say("button_skip"), SKIP),
            QuickReply(situation.say("button_enough"), "cancel"),
        ),
        phase=situation.phase,
        about="scan",
    )
    return Advised(answer, replace(case.after_saying(), asked=question))


def _again(key: str, situation: Situation, scan: Scan, **values: object) -> Advised:
    told = _next(situation, scan, Section(text=situation.say(key, **values)))
    return told if situation.case.asked is None else Advised(told.answer, replace(told.case, asked=told.case.asked))


def _open(scan: Scan, case: Case) -> Iterator[str]:
    """The figures that were neither told nor skipped."""
    return (q.figure for q in scan.questions if case.figure(q.figure) is None and q.figure not in case.skipped)


def finish(situation: Situation, scan: Scan, *before: Section) -> Advised:
    """The outcome with the figures that were told."""
    case = replace(situation.case, scan=None, asked=None)
    return outcome(situation.with_case(case), scan, *before)


def results(case: Case, scan: Scan, situation: Situation) -> list[StageResult]:
    """The parts of the funnel whose figures are known, from wide to narrow."""
    found = []
    for stage in scan.stages:
        if stage.unless and case.figure(stage.unless):
            continue
        share = _share(stage, case)
        if share is None:
            continue
        benchmark = shares.benchmark(shares.Share(share.value, stage.metric), situation)
        average = benchmark.value / 100 if benchmark and benchmark.value is not None else None
        if average is not None and stage.inverse and stage.share is None:
            average = 1 - average
        found.append(StageResult(stage, share, average))
    return found


def _share(stage: ScanStage, case: Case) -> shares.Share | None:
    if stage.share:
        told = case.figure(stage.share)
        if told is None:
            return None
        value = told.value / 100 if told.unit == "percent" else told.value
        whole = _count(stage.of, case)
        return shares.Share(value, stage.metric, None if whole is None else value * whole, whole, told.period)
    wide, narrow = _count(stage.wide, case), _count(stage.narrow, case)
    if not wide or narrow is None or narrow > wide:
        return None
    return shares.Share(narrow / wide, stage.metric, narrow, wide)


def _count(role: str | None, case: Case) -> float | None:
    """A figure, as one of a month."""
    return case.monthly(role) if role else None


def leak(found: list[StageResult]) -> StageResult | None:
    """The stage that lags behind what is usual and costs most sales; None if none does beyond doubt."""
    lagging = [result for result in found if result.lags]

    def sales(result: StageResult) -> float:
        """The missed ones who would have gone through the later stages too."""
        later = next((r for r in found if r.stage.wide and r.stage.wide == result.stage.narrow), None)
        return result.missed * (later.share.value if later else 1.0)

    return max(lagging, key=sales) if lagging else None


def outcome(situation: Situation, scan: Scan, *before: Section) -> Advised:
    """Where the funnel leaks: the verdict, what it costs, the picture, and what to measure next."""
    case = situation.case
    found = results(case, scan, situation)
    if not found:
        return _too_little(situation, scan, *before)
    worst = leak(found)
    sections = [*before]
    symptom = situation.knowledge.symptoms[worst.stage.symptom] if worst else None
    if worst and symptom:
        sections.append(
            Section(
                situation.say("scan_leak_title", stage=_name(worst.stage, scan, situation)),
                text=_verdict(worst, situation),
            )
        )
        if gain := _gain(worst, case, situation):
            sections.append(Section(text=gain))
        if situation.symptom and situation.symptom is not symptom:
            words, numbers = situation.text(situation.symptom.name), situation.text(symptom.name)
            sections.append(Section(text=situation.say("scan_disagree", words=words, numbers=numbers)))
        case = case.with_problem(Problem(symptom.phase, symptom.id))
    else:
        sections.append(Section(situation.say("scan_no_leak_title"), text=_without_leak(found, scan, situation)))
    if missing := _missing(scan, case, situation):
        sections.append(Section(text=missing))
    return Advised(_answer(tuple(sections), found, scan, situation, symptom), case.after_saying())


def _answer(
    sections: tuple[Section, ...], found: list[StageResult], scan: Scan, situation: Situation, symptom: Symptom | None
) -> Answer:
    ids = [b.source for r in found if r.average is not None and (b := _benchmark(r, situation))]
    return Answer(
        language=situation.language,
        title=situation.say("scan_title"),
        sections=sections,
        replies=(
            *((replies.next_step(situation), replies.plan(situation)) if symptom or situation.symptom else ()),
            *(() if symptom or situation.symptom else _problems(found, situation)),
            replies.measure(situation),
            replies.appointment(situation),
        ),
        phase=symptom.phase if symptom else situation.phase,
        about="scan",
        funnel=bars(found, scan, situation),
        sources=situation.cite(tuple(dict.fromkeys(ids))) if ids else None,
    )


def _problems(found: list[StageResult], situation: Situation) -> Iterator[QuickReply]:
    """The problem of the stage where most people are lost, for an owner to choose."""
    stages = [result for result in found if result.stage.share is None]
    if stages:
        worst = min(stages, key=lambda result: result.share.value)
        symptom = situation.knowledge.symptoms[worst.stage.symptom]
        yield QuickReply(situation.text(symptom.name), f"struggle_{symptom.phase}", {"symptom": symptom.id})


def _benchmark(result: StageResult, situation: Situation) -> Benchmark | None:
    return shares.benchmark(shares.Share(result.share.value, result.stage.metric), situation)


def _too_little(situation: Situation, scan: Scan, *before: Section) -> Advised:
    first, second = (situation.text(question.name) for question in scan.questions[:2])
    text = situation.say("scan_too_little", first=first, second=second)
    answer = Answer(
        language=situation.language,
        sections=(*before, Section(text=text)),
        replies=(QuickReply(situation.say("button_scan"), INTENT), replies.my_problem(situation)),
        phase=situation.phase,
        about="scan",
    )
    return Advised(answer, situation.case.after_saying())


def _name(stage: ScanStage, scan: Scan, situation: Situation) -> str:
    if stage.share:
        return situation.text(situation.knowledge.metrics[stage.metric].name).lower()
    wide, narrow = _word(stage.wide, scan, situation), _word(stage.narrow, scan, situation)
    return situation.say("scan_stage", wide=wide, narrow=narrow)


def _word(role: str | None, scan: Scan, situation: Situation) -> str:
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
    found = _benchmark(result, situation)
    own = situation.percentage(share.value)
    average = situation.percentage(result.average or 0.0)
    rule = "_rule" if found and found.is_rule else ""
    position = situation.say(key + rule, own=own, average=average)
    return " ".join(filter(None, (sum_, position, situation.text(found.text) if found else None)))


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


def _without_leak(found: list[StageResult], scan: Scan, situation: Situation) -> str:
    compared = [result for result in found if result.average is not None]
    if compared:
        parts = [
            situation.say(
                "scan_about",
                stage=_capital(_name(r.stage, scan, situation)),
                own=situation.percentage(r.share.value),
                average=situation.percentage(r.average or 0.0),
            )
            for r in compared
        ]
        uncertain = any(result.share.is_uncertain for result in compared)
        tail = [situation.say("scan_uncertain")] if uncertain else []
        return " ".join([situation.say("scan_no_leak"), *parts, *tail])
    narrowest = min((r for r in found if r.stage.share is None), key=lambda r: r.share.value, default=found[0])
    return situation.say(
        "scan_no_benchmark",
        stage=_name(narrowest.stage, scan, situation),
        own=situation.percentage(narrowest.share.value),
    )


def _missing(scan: Scan, case: Case, situation: Situation) -> str | None:
    """What to measure first: the first figure of a stage that was not told."""
    needed = [role for stage in scan.stages for role in (stage.wide, stage.narrow, stage.share) if role]
    missing = next((role for role in needed if case.figure(role) is None), None)
    return situation.say("scan_missing", figure=_word(missing, scan, situation)) if missing else None


def bars(found: list[StageResult], scan: Scan, situation: Situation) -> tuple[Bar, ...]:
    """The funnel as bars from wide to narrow, each with its share of the widest and of the one before."""
    case = situation.case
    roles = list(dict.fromkeys(r for s in found for r in (s.stage.wide, s.stage.narrow) if r and _count(r, case)))
    roles.sort(key=lambda role: -(_count(role, case) or 0.0))
    if not roles:
        return ()
    widest = _count(roles[0], case) or 1.0
    worst = leak(found)
    drawn = []
    for role in roles:
        value = _count(role, case) or 0.0
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
        name=_capital(_word(role, scan, situation)),
        value=situation.number(value),
        width=value / widest,
        rate=f"{situation.percentage(ends.share.value)}%" if ends else None,
        usual=usual,
        usual_rate=f"{situation.percentage(ends.average)}%" if ends and ends.average is not None else None,
        leaks=ends is not None and ends is worst,
    )


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
