"""Finds figures in a text: what number, in which unit, what it stands for, and per which period."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from text_to_num import text2num

from bot.knowledge import LANGUAGES, Knowledge, Language
from bot.knowledge.models import UnitId
from bot.nlu.typography import plain

DIGITS = re.compile(
    r"(?<![\w.,:/@-])\d+(?:[.,  ]\d{3})*(?:[.,]\d+)?(?:\s?(?:k|m|mln))?(?![\w@]|[:/-]\d)", re.IGNORECASE
)
"""Not a part of a time, date, phone number, address or word; "18k", "16u" and "3x" are examples of both kinds."""
WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*|[€$£%]|/\w+")
CLAUSE_END: Mapping[Language, re.Pattern[str]] = {
    "nl": re.compile(r"[,;!?]|\.(?:\s|$)|\b(?:en|maar|want|of)\b"),
    "en": re.compile(r"[,;!?]|\.(?:\s|$)|\b(?:and|but|or)\b"),
}

AND_A_HALF = re.compile(r"\s+(?:en een halve?|and a half)\b")
HALVES: Mapping[str, float] = {"half": 0.5, "halve": 0.5, "anderhalf": 1.5, "anderhalve": 1.5}
MULTIPLIERS: Mapping[str | None, float] = {"k": 1e3, "m": 1e6, "mln": 1e6}
ARTICLES = {"een", "a", "an"}
"""One in "een op de vijf" and "an hour a week", else no number."""

RATIO = re.compile(r"\s*(?:op|van|out of|in|of)\s+(?:(?:de|elke|iedere|every|the)\s+)?(?:elke\s+|iedere\s+)?")
"""Between the numbers of a ratio: "3 op de 40", "one in five"."""
OF_WHOLE = re.compile(r"\b(?:van|op|of|out of)\s+(?:de|die|elke|iedere|the|those|every)\s+$")
"""Before the larger number of a ratio that comes first: "van de 20 worden er 2 lid"."""
CHANGE = re.compile(r"[^.,;!?\d]{0,20}?\s*(?:naar|to|->|→|=>)\s*(?:nu\s+|now\s+)?")
"""Between the numbers of a change, the first of which follows "van" or "from"."""
FROM = re.compile(r"\b(?:van|from)\s+(?:[€$£]\s?)?$")
LINK_WORDS = (
    "is|zijn|ze|zij|we|wij|they|van|of|are|at|around|about|rond|ongeveer|zo'n|nu|now|een|a|kost|kosten|costs?|me|mij"
    "|ons|us|om en bij"
)
LINK = re.compile(rf"[\s:=]*(?:(?:{LINK_WORDS})\s+|[:=]\s*)*(?:[€$£]\s*)?$")
"""Between a word and the bare number that it explains: "budget: 1500", "marge is 30"."""
PER = r"(?:per|voor een|voor elke|for a|for each|a|an|each|/)\s*"

MAX_AFTER, MAX_BEFORE = 30, 50
"""Characters of the same clause in which words that tell the role are searched."""
MAX_RATING = 10


@dataclass(frozen=True)
class Figure:
    """A number in a text, with its character offsets.

    Attributes:
        value: The number; of a ratio its quotient, of a change the later one.
        unit: count, euro, percent, hour, star; or ratio.
        role: The id of what it stands for (figures.yml), if the text says so.
        period: day, week, month, quarter or year.
        before: Of a change, the earlier number.
        whole: Of a ratio, what it is a part of: 40 in "3 op de 40".
    """

    value: float
    unit: str
    start: int
    end: int
    role: str | None = None
    period: str | None = None
    before: float | None = None
    whole: float | None = None


class FigureFinder:
    """Finds figures with the words of the knowledge base.

    `find` yields for "18k bezoekers per maand en 3 op de 40 offertes" two figures: 18000 visitors a month, and a ratio
    of 0.075 quotes.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        """Compiles the words to patterns."""
        self._units: dict[Language, list[tuple[UnitId, re.Pattern[str]]]] = {}
        self._periods: dict[Language, list[tuple[str, re.Pattern[str]]]] = {}
        self._roles: dict[Language, list[tuple[str, UnitId, re.Pattern[str], re.Pattern[str] | None]]] = {}
        self._after: dict[Language, list[tuple[str, UnitId, re.Pattern[str]]]] = {}
        for language in LANGUAGES:
            words = [(unit, _any(unit.words.localized(language))) for unit in knowledge.units.values()]
            self._units[language] = [(unit.id, pattern) for unit, pattern in words if unit.kind == "unit"]  # type: ignore[misc]
            self._periods[language] = [(unit.id, pattern) for unit, pattern in words if unit.kind == "period"]
            self._roles[language], self._after[language] = [], []
            for role in knowledge.figures.values():
                per = role.per.localized(language)
                pattern = re.compile(PER + _any(per).pattern) if per else None
                after = (*role.words.localized(language), *role.after.localized(language))
                self._after[language].append((role.id, role.unit, _any(after)))
                self._roles[language].append((role.id, role.unit, _any(role.words.localized(language)), pattern))

    def find(self, text: str, language: Language) -> list[Figure]:
        """The figures that have a unit, role or period; other numbers say nothing."""
        text = plain(text.lower())
        numbers = list(_numbers(text, language))
        figures: list[Figure] = []
        while numbers:
            number = numbers.pop(0)
            if numbers and (pair := self._pair(text, number, numbers[0], language)):
                figures.append(pair)
                numbers.pop(0)
            elif single := self._single(text, number, language):
                figures.append(single)
        return figures

    def _pair(self, text: str, first: _Number, second: _Number, language: Language) -> Figure | None:
        """A ratio or a change."""
        between = text[first.end : second.start]
        figure = Figure(0.0, "ratio", first.start, second.end)
        after = _clause_after(text, second.end, language)
        is_ratio = RATIO.fullmatch(between) and 0 < first.value < second.value and not second.is_article
        reversed_ = OF_WHOLE.search(text[: first.start]) and 0 < second.value < first.value and not first.is_article
        counted = self._role_after(between, "count", language) and self._role_after(after, "count", language)
        if is_ratio or (reversed_ and not counted and not CLAUSE_END[language].search(between)):
            part, whole = sorted((first.value, second.value))
            role = self._role_beside("", after, "percent", language) or self._role_after(after, "count", language)
            value = part / whole
            return replace(figure, value=value, whole=whole, role=role, period=self._period(after, language))
        between = self._without_unit(between, language)
        if CHANGE.fullmatch(between) and FROM.search(text[: first.start]):
            single = self._single(text, second, language)
            changed = single or Figure(second.value, "count", second.start, second.end)
            return replace(changed, start=first.start, before=first.value)
        return None

    def _without_unit(self, between: str, language: Language) -> str:
        for _, pattern in self._units[language]:
            between = pattern.sub("", between)
        return between

    def _single(self, text: str, number: _Number, language: Language) -> Figure | None:
        before = _clause_before(text, number.start, language)
        after = _clause_after(text, number.end, language)
        unit, end = self._unit(before, after, number, language)
        period = self._period(after[end - number.end :], language) or self._period(before, language)
        if number.is_article and not (unit == "hour" and period):
            return None
        start = number.start
        role: str | None
        if unit is None:
            role = self._role_after(after, "count", language)
            unit = "count"
            if role is None:
                role, unit = self._explained_by(before, after, number, language)
            if role is None:
                role = self._per(after, "euro", language)
                unit = "euro" if role else None
        else:
            role = self._role_beside(before, after[end - number.end :], unit, language)
        if role is None and period and unit is None:
            unit = "count"  # "12 per maand": the conversation may tell what is counted
        if unit is None or (unit == "count" and role is None and period is None):
            return None
        return Figure(number.value, unit, start, end, role, period)

    def _unit(self, before: str, after: str, number: _Number, language: Language) -> tuple[UnitId | None, int]:
        for unit, pattern in self._units[language]:
            if match := re.match(rf"\s?{pattern.pattern}", after):
                return unit, number.end + match.end()
            if re.search(rf"{pattern.pattern}\s?$", before) and before.rstrip()[-1] in "€$£":
                return unit, number.end
        return None, number.end

    def _role_after(self, after: str, unit: UnitId, language: Language) -> str | None:
        """The role of a count: its words stand among the three words after the number."""
        window = " ".join(WORD.findall(after)[:3])
        matches = [
            (match.start(), role)
            for role, of_unit, pattern in self._after[language]
            if of_unit == unit and (match := pattern.search(window))
        ]
        return min(matches)[1] if matches else None

    def _role_beside(self, before: str, after: str, unit: UnitId, language: Language) -> str | None:
        """The role of a number with a unit: "per lead" after it, else the nearest words on either side."""
        if role := self._per(after, unit, language):
            return role
        found = []
        for name, of_unit, pattern, _ in self._roles[language]:
            if of_unit != unit:
                continue
            found += [(match.start(), -len(match.group()), name) for match in pattern.finditer(after)]
            found += [(len(before) - match.end(), -len(match.group()), name) for match in pattern.finditer(before)]
        return min(found)[2] if found else None

    def _per(self, after: str, unit: UnitId, language: Language) -> str | None:
        """The role by the words right after the number and its unit: "per lead"."""
        return next(
            (
                name
                for name, of_unit, _, per in self._roles[language]
                if of_unit == unit and per and re.match(rf"\s*{per.pattern}", after)
            ),
            None,
        )

    def _explained_by(
        self, before: str, after: str, number: _Number, language: Language
    ) -> tuple[str | None, UnitId | None]:
        """Role and unit of a bare number by the words right before it, of a rating also by those after it.

        Examples: "budget: 1500", "een klik kost me 2,80", "een 3,9 op Google".
        """
        found = []
        for name, unit, pattern, _ in self._roles[language]:
            if unit == "star" and number.value > MAX_RATING:
                continue
            if unit == "star" and pattern.match(after.lstrip()):
                return name, unit
            matches = [m for m in pattern.finditer(before) if LINK.fullmatch(before[m.end() :])]
            found += [(len(before) - m.start(), name, unit) for m in matches]
        return max(found)[1:] if found else (None, None)

    def _period(self, clause: str, language: Language) -> str | None:
        matches = [(m.start(), period) for period, pattern in self._periods[language] if (m := pattern.search(clause))]
        return min(matches)[1] if matches else None


def numbers(text: str, language: Language) -> list[float]:
    """All numbers of a text, in digits and in words.

    >>> numbers("ongeveer 9.000, of tienduizend", "nl")
    [9000.0, 10000.0]
    """
    return [number.value for number in _numbers(plain(text.lower()), language) if not number.is_article]


@dataclass(frozen=True)
class _Number:
    value: float
    start: int
    end: int
    is_article: bool = False


def _numbers(text: str, language: Language) -> Iterator[_Number]:
    """Numbers in digits and in words, in the order of the text."""
    digits = [(parse_number(match.group()), match) for match in DIGITS.finditer(text)]
    found = [_Number(value, match.start(), match.end()) for value, match in digits if value is not None]
    found += _spelled(text, language)
    end = 0
    for number in sorted(found, key=lambda number: number.start):
        if number.start < end:
            continue
        half = AND_A_HALF.match(text, number.end)
        yield replace(number, value=number.value + 0.5, end=half.end()) if half else number
        end = half.end() if half else number.end


def _spelled(text: str, language: Language) -> Iterator[_Number]:
    """Numbers in words; an English one may have several: "a hundred and twenty"."""
    words = list(WORD.finditer(text))
    position = 0
    while position < len(words):
        word = words[position]
        value, used = _spelled_at(words, position, language)
        if value is not None:
            yield _Number(value, word.start(), words[position + used - 1].end(), word.group() in ARTICLES and used == 1)
        position += used


def _spelled_at(words: Sequence[re.Match[str]], position: int, language: Language) -> tuple[float | None, int]:
    """The value of the longest number that begins at a word, and how many words it has; None and 1 without one."""
    first = words[position].group()
    if first in HALVES:
        return HALVES[first], 1
    for length in range(min(5, len(words) - position) if language == "en" else 1, 0, -1):
        part = [word.group() for word in words[position : position + length]]
        if (part[-1] in ARTICLES and length > 1) or part[-1] == "and":
            continue
        try:
            return float(text2num(" ".join(part), language)), length
        except ValueError:
            continue
    return (1.0, 1) if first in ARTICLES else (None, 1)


def _clause_after(text: str, position: int, language: Language) -> str:
    match = CLAUSE_END[language].search(text, position)
    return text[position : min(match.start() if match else len(text), position + MAX_AFTER)]


def _clause_before(text: str, position: int, language: Language) -> str:
    start = max(0, position - MAX_BEFORE)
    ends = [match.end() for match in CLAUSE_END[language].finditer(text, start, position)]
    return text[ends[-1] if ends else start : position]


def _any(phrases: Sequence[str]) -> re.Pattern[str]:
    """A pattern for any of the phrases as whole words."""
    longest_first = sorted(map(str.lower, phrases), key=len, reverse=True)
    return re.compile("(?:" + "|".join(_whole(phrase) for phrase in longest_first) + ")")


def _whole(phrase: str) -> str:
    """A phrase whose letters may not be a part of a longer word."""
    return (r"(?<!\w)" if phrase[0].isalnum() else "") + re.escape(phrase) + (r"(?!\w)" if phrase[-1].isalnum() else "")


def parse_number(text: str) -> float | None:
    """A number as people type it; None if it is none.

    In both languages a separator before exactly three digits is one of thousands.

    >>> [parse_number(text) for text in ("5000", "5.000", "5,000", "5 000", "1,5k", "many")]
    [5000.0, 5000.0, 5000.0, 5000.0, 1500.0, None]
    """
    match = re.fullmatch(r"([\d.,\s\u00a0]*\d)\s?(k|m|mln)?", text.strip().lower())
    if not match:
        return None
    digits = re.sub(r"[.,\s](?=\d{3}(?:\D|$))", "", match[1]).replace(",", ".")
    try:
        return float(digits) * MULTIPLIERS.get(match[2], 1.0)
    except ValueError:
        return None
