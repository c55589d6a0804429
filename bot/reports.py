"""Reads CSV reports of Google Analytics 4, Search Console, Google Ads and Shopify: sums only, no rows are kept."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from charset_normalizer import from_bytes

from bot.advice import quickscan
from bot.advice.case import Fact
from bot.errors import KlantkompasError
from bot.knowledge import LANGUAGES, Knowledge
from bot.nlu.figures import parse_number

MAX_BYTES = 2_000_000
"""A report of a year by day has less than a quarter of this."""

MAX_NUMBER = 1e12
"""A larger number is an id."""

MAX_HEADING = 30
"""Lines within which the headings stand: before them come titles and comments."""

DELIMITERS = ",;\t"
TOO_LARGE = "report_too_large"
"""`ReportError.problem` of a file with more than `MAX_BYTES`."""

TOTALS = ("total", "totaal", "grand total", "eindtotaal", "--")
"""How rows begin that repeat the sum of the others."""


class ReportError(KlantkompasError):
    """A file that is no report that we can read; the message says why.

    Attributes:
        problem: A code that the chat page explains to visitors, as that of `HTTPError`.
    """

    def __init__(self, problem: str, message: str) -> None:
        self.problem = problem
        super().__init__(message)


@dataclass(frozen=True)
class Report:
    """What was read: the sums by figure, and the number of rows."""

    facts: tuple[Fact, ...]
    rows: int

    @property
    def payload(self) -> str:
        """The report as a message that begins the quickscan: Rasa's notation of an intent with entities."""
        numbers = (*self.facts, Fact("", self.rows, quickscan.ROW))
        return f"/{quickscan.INTENT}{json.dumps({'number': msgspec.to_builtins(numbers)})}"


def read(data: bytes, knowledge: Knowledge) -> Report:
    """Adds up the columns that the knowledge base has a figure for; average order value is revenue ÷ orders.

    Args:
        data: A CSV file with commas, semicolons or tabs, in any usual encoding.
        knowledge: Names the columns (reports.yml).

    Raises:
        ReportError: The file is too large, no text, or has none of the columns.
    """
    if len(data) > MAX_BYTES:
        raise ReportError(TOO_LARGE, f"the file has more than {MAX_BYTES // 1_000_000} MB; export a shorter period")
    lines = _text(data).splitlines()
    try:
        return _added_up(lines, knowledge)
    except csv.Error as error:
        raise ReportError("report_unknown", f"the file is no CSV ({error})") from error


def _added_up(lines: Sequence[str], knowledge: Knowledge) -> Report:
    start, delimiter, roles = _headings(lines, knowledge)
    headings = next(csv.reader([lines[start]], delimiter=delimiter))
    sums = dict.fromkeys(roles.values(), 0.0)
    rows = 0
    for row in _rows(lines[start + 1 :], delimiter, len(headings)):
        rows += 1
        for column, role in roles.items():
            sums[role] += _number(row[column])
    if not rows:
        raise ReportError("report_empty", "the report has headings, but no rows with numbers")
    facts = [Fact(role, round(value, 2), knowledge.figures[role].unit) for role, value in sums.items()]
    if sums.get("orders") and sums.get("revenue"):
        facts.append(Fact("order_value", round(sums["revenue"] / sums["orders"], 2), "euro"))
    return Report(tuple(facts), rows)


def _text(data: bytes) -> str:
    if b"\0" in data[:2000] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ReportError("report_no_text", "the file is no text; export it as CSV, not as a spreadsheet or PDF")
    found = from_bytes(data).best()
    if found is None:
        message = "the encoding of the file is not recognised; export it as CSV in UTF-8"
        raise ReportError("report_encoding", message)
    return str(found).lstrip("\ufeff")


def _headings(lines: Sequence[str], knowledge: Knowledge) -> tuple[int, str, dict[int, str]]:
    """The line with the headings, its delimiter, and the figure of each column that has one."""
    names = {
        name: role
        for role, report in knowledge.reports.items()
        for language in LANGUAGES
        for name in report.columns.localized(language)
    }
    best: tuple[int, int, str, dict[int, str]] = (0, 0, ",", {})
    for number, line in enumerate(lines[:MAX_HEADING]):
        for delimiter in DELIMITERS:
            cells = next(csv.reader([line], delimiter=delimiter), [])
            roles = _roles(cells, names)
            if len(roles) > best[0]:
                best = (len(roles), number, delimiter, roles)
    if not best[0]:
        known = ", ".join(report.columns.en[0] for report in knowledge.reports.values())
        message = f"none of the columns is known; expected a report with columns such as {known}"
        raise ReportError("report_unknown", message)
    return best[1], best[2], best[3]


def _roles(cells: Sequence[str], names: Mapping[str, str]) -> dict[int, str]:
    """The figure of each column; of several columns of one figure only the first, so that nothing counts twice."""
    found: dict[int, str] = {}
    for column, cell in enumerate(cells):
        role = names.get(" ".join(cell.lower().split()))
        if role and role not in found.values():
            found[column] = role
    return found


def _rows(lines: Sequence[str], delimiter: str, width: int) -> Iterator[list[str]]:
    for row in csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter):
        is_total = bool(row) and row[0].strip().lower().startswith(TOTALS)
        if len(row) == width and not is_total and any(cell.strip() for cell in row):
            yield row


def _number(cell: str) -> float:
    number = parse_number(cell.strip("€$£ \u00a0")) or 0.0
    return number if number <= MAX_NUMBER else 0.0
