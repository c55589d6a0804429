"""The case: what is known of an owner's problem, and what was said about it. It is carried from turn to turn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from bot.advice.answer import Answer
from bot.knowledge import PhaseId

Kind = Literal[
    "symptom", "question", "cause",
    "step", "how", "why", "example",
    "channels", "message", "measurement", "avoid", "end",
    "text", "channel", "faq", "pitfall", "benchmark", "confirmed", "exchange", "trial",
]  # fmt: skip
"""What an answer can be about; how, why and example are those of a step, end is that of the steps."""

MAX_PROBLEMS = 5
"""Earlier problems that can be gone back to."""

MAX_FACTS = 20

PER_MONTH: Mapping[str | None, float] = {"day": 7 * 52 / 12, "week": 52 / 12, "quarter": 1 / 3, "year": 1 / 12}
"""Factor that makes a figure of another period one of a month."""


class Ref(msgspec.Struct, frozen=True, order=True):
    """A thing of the knowledge base that was said, or that "it" and "that" refer to: kind and id.

    The id of a cause is `symptom.cause`, that of a topic its symptom.
    """

    kind: Kind
    id: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """A problem that an owner told: its phase, and as far as known its symptom and cause."""

    phase: PhaseId
    symptom: str | None = None
    cause: str | None = None
    likely: tuple[str, ...] = ()
    """The symptoms that it may be, as long as the symptom is not known."""


class Fact(msgspec.Struct, frozen=True, omit_defaults=True):
    """A figure that an owner told, for instance Fact("visitors", 18000, "count", "month")."""

    role: str
    value: float
    unit: str
    """count, euro, percent, hour, star or ratio."""
    period: str | None = None
    whole: float | None = None
    """Of a ratio, what it is a part of: 40 in "3 op de 40"."""


class Case(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything that an owner told and the advisor said. Immutable: methods return the next case."""

    problems: tuple[Problem, ...] = ()
    """The current one first."""
    trade: str | None = None
    facts: tuple[Fact, ...] = ()
    """The newest of each role."""
    minutes: int | None = None
    """What the owner has a week."""
    euros: int | None = None
    """What the owner has a month."""
    tried: tuple[Ref, ...] = ()
    """Steps and channels that were tried, or refused."""
    said: tuple[Ref, ...] = ()
    """What was said already, in order, without repetitions."""
    focus: Ref | None = None
    """What "how?", "why?" and "it" refer to."""
    offered: tuple[Ref, ...] = ()
    """What the last answer listed: "the second one" picks from it."""
    open: Ref | None = None
    """The question that the last answer asked."""
    scan: str | None = None
    """The quickscan that is being filled in, and the figure that it asked for last."""
    asked: str | None = None
    plan: tuple[str, ...] = ()
    """The steps of the last plan that were not asked after."""
    preferred: tuple[str, ...] = ()
    """Steps that the owner wants first."""
    skipped: tuple[str, ...] = ()
    """Figures that the owner does not know."""
    misses: int = 0
    """Messages in a row that were not understood."""

    @property
    def problem(self) -> Problem | None:
        """The current problem."""
        return self.problems[0] if self.problems else None

    @property
    def symptom(self) -> str | None:
        """The symptom of the current problem."""
        return self.problem.symptom if self.problem else None

    @property
    def cause(self) -> str | None:
        """The cause of the current problem, once it is known."""
        return self.problem.cause if self.problem else None

    def has_said(self, kind: Kind, id_: str) -> bool:
        """Whether something was said before."""
        return Ref(kind, id_) in self.said

    def has_tried(self, kind: Kind, id_: str) -> bool:
        """Whether the owner tried something, or refused it."""
        return Ref(kind, id_) in self.tried

    def with_problem(self, problem: Problem) -> Case:
        """The case with another current problem; the others are kept behind it.

        >>> case = Case().with_problem(Problem("do", "carts_not_paid")).with_problem(Problem("care", "few_reviews"))
        >>> [problem.symptom for problem in case.problems]
        ['few_reviews', 'carts_not_paid']
        """
        same = (problem.phase, problem.symptom)
        kept = [p for p in self.problems if (p.phase, p.symptom) != same and (p.symptom or p.likely)]
        return replace(self, problems=(problem, *kept)[:MAX_PROBLEMS], focus=None, offered=())

    def with_cause(self, cause: str | None) -> Case:
        """The case with the cause of the current problem."""
        if self.problem is None:
            return self
        return replace(self, problems=(replace(self.problem, cause=cause), *self.problems[1:]))

    def without_problem(self) -> Case:
        """The case without its current problem, which the owner rejected; the one before it becomes the current one."""
        return replace(self, problems=self.problems[1:], focus=None, offered=(), open=None)

    def remembering(self, *refs: Ref) -> Case:
        """The case with more things that were said."""
        return replace(self, said=tuple(dict.fromkeys((*self.said, *refs))))

    def after_saying(
        self, *refs: Ref, focus: Ref | None = None, offered: Iterable[Ref] = (), open: Ref | None = None
    ) -> Case:
        """The case after an answer that said these things.

        Args:
            refs: What was said.
            focus: What it was about; unchanged if None.
            offered: What it listed to choose from.
            open: The question that it asked.
        """
        said = self.remembering(*refs).said
        return replace(self, said=said, focus=focus or self.focus, offered=tuple(offered), open=open, misses=0)

    def without(self, *refs: Ref) -> Case:
        """The case with steps or channels set aside, which are not advised again."""
        return replace(self, tried=tuple(dict.fromkeys((*self.tried, *refs))))

    def with_facts(self, facts: Iterable[Fact]) -> Case:
        """The case with figures, each instead of an earlier one of its role; the newest last.

        >>> Case().with_facts([Fact("orders", 10, "count")]).with_facts([Fact("orders", 12, "count")]).facts
        (Fact(role='orders', value=12, unit='count', period=None, whole=None),)
        """
        newest = {fact.role: fact for fact in facts}
        kept = [fact for fact in self.facts if fact.role not in newest]
        return replace(self, facts=(*kept, *newest.values())[-MAX_FACTS:])

    def figure(self, role: str) -> Fact | None:
        """The figure of a role."""
        return next((fact for fact in self.facts if fact.role == role), None)

    def monthly(self, role: str | None) -> float | None:
        """The value of a figure, as one of a month; None if it was not told, or there is no role.

        >>> Case(facts=(Fact("visitors", 1200, "count", "year"),)).monthly("visitors")
        100.0
        """
        fact = self.figure(role) if role else None
        return None if fact is None else fact.value * PER_MONTH.get(fact.period, 1.0)

    def as_json(self) -> dict[str, Any]:
        """The case as JSON data without defaults, to be kept in a slot."""
        data: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self))
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any] | None) -> Case:
        """The case that `as_json` returned; a new one for None, or for data of another version of the program."""
        try:
            return msgspec.convert(data or {}, Case)
        except msgspec.ValidationError:
            return Case()


class Advised(NamedTuple):
    """An answer, and the case after it."""

    answer: Answer
    case: Case
