"""The quickscan: asks for an owner's figures one by one, and shows where the funnel leaks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from msgspec.structs import replace

from bot.advice import causes, facts, signals
from bot.advice.answer import Answer, QuickReply, Section
from bot.advice.case import Advised, Case, Fact
from bot.advice.quickscan_outcome import outcome, word_for
from bot.advice.situation import Situation, capitalized
from bot.advice.utterance import Utterance
from bot.knowledge.problems import Scan

INTENT, SKIP = "start_quickscan", "skip_figure"
"""The intents that begin it and, by a button, skip a figure."""

ROW = "row"
"""The unit of the number that says how many rows of a report were added up."""

MAX_COUNT = 1e9
"""A larger number is a typing error."""

ELSEWHERE = {"hour", "star", "ratio"}
"""Units that no question of a quickscan asks for: "maak een plan, ik heb 2 uur per week" is no answer."""

NEGATIVE = re.compile(r"(?:^|\s)[-−]\s?\d")


def start(situation: Situation, *before: Section) -> Advised:
    """Begins, or goes on where it was left; asks for the kind of business if that is unknown.

    Known figures that can't be right are set aside, and the first of them is asked again.
    """
    if situation.business_type is None:
        kinds = situation.knowledge.business_types.values()
        answer = Answer(
            language=situation.language,
            sections=(*before, Section(text=situation.say("scan_which_business"))),
            replies=tuple(
                QuickReply(capitalized(situation.text(k.name)), INTENT, {"business_type": k.id}) for k in kinds
            ),
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
    """The quickscan for the trade, else for the kind of business; that of web shops for an unknown one."""
    scans = situation.knowledge.quickscan.values()
    of_trade = (scan for scan in scans if situation.case.trade in scan.trades)
    of_kind = (scan for scan in scans if situation.business_type in scan.business_types)
    return next(chain(of_trade, of_kind, scans))


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
    if said.intent == "cancel" or signals.has(said.text, "enough", situation):
        return finish(situation, scan)
    if NEGATIVE.search(said.text):
        return _again("scan_negative", situation, scan)
    known = {fact.role for fact in said.facts} & {question.figure for question in scan.questions}
    role = situation.knowledge.figures[case.asked]
    if not known and said.numbers:
        units = {amount.unit for amount in said.amounts}
        if units & ELSEWHERE:
            return None
        if units - {role.unit, "count"}:
            return _again(f"scan_expects_{role.unit}", situation, scan)
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
    return signals.has(text, "skip", situation) or causes.is_unknown(text, situation)


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
        wide, narrow = (case.monthly(role) for role in (stage.wide, stage.narrow))
        if wide is not None and narrow is not None and narrow > wide:
            wrong = case.asked if case.asked in (stage.wide, stage.narrow) else stage.narrow
            names = {
                "wide": word_for(stage.wide, scan, situation),
                "narrow": word_for(stage.narrow, scan, situation),
            }
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
    return _next(situation, scan, Section(text=situation.say(key, **values)))


def _open(scan: Scan, case: Case) -> Iterator[str]:
    """The figures that were neither told nor skipped."""
    return (q.figure for q in scan.questions if case.figure(q.figure) is None and q.figure not in case.skipped)


def finish(situation: Situation, scan: Scan, *before: Section) -> Advised:
    """The outcome with the figures that were told."""
    case = replace(situation.case, scan=None, asked=None)
    return outcome(situation.with_case(case), scan, *before)
