"""What a visitor said, as the NLU understood it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.advice import funnel
from bot.advice.case import PER_MONTH, Fact
from bot.knowledge import PhaseId


@dataclass(frozen=True)
class Utterance:
    """One message.

    Attributes:
        text: The words; empty for a button.
        intent: The recognised intent.
        confidence: Its probability.
        phases: The probability that it is a problem of each phase.
        symptoms: For each phase, the probability of its symptoms, given that it is a problem of this phase.
        facts: The figures that say what they stand for.
        amounts: All figures, with the roles that are known, for "is 1500 euro a month enough?".
        numbers: All numbers, for an answer to the question for one.
        trade: The trade that the message names.
        trade_word: Its word for it.
        business_type: The kind of business that it names.
        channels: The channels that it names.
        cause: The cause that a button names, as `symptom.cause`, or `unknown`.
        symptom: The symptom that a button names.
        exchange: The exchange that a button names.
        exchanges: The similarity to what owners say in the exchanges of the knowledge base, for the nearest of them.
    """

    text: str = ""
    intent: str = ""
    confidence: float = 1.0
    phases: Mapping[PhaseId, float] = field(default_factory=dict)
    symptoms: Mapping[PhaseId, Mapping[str, float]] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    amounts: tuple[Fact, ...] = ()
    numbers: tuple[float, ...] = ()
    trade: str | None = None
    trade_word: str = ""
    business_type: str | None = None
    channels: tuple[str, ...] = ()
    cause: str | None = None
    symptom: str | None = None
    exchange: str | None = None
    exchanges: Mapping[str, float] = field(default_factory=dict)

    @property
    def describes_problem(self) -> bool:
        """Whether the recognised intent is the description of a problem."""
        return self.intent.startswith("struggle")

    @property
    def counts(self) -> tuple[Fact, ...]:
        """The numbers that count a step of the funnel."""
        return tuple(fact for fact in self.facts if fact.unit == "count" and fact.role in funnel.STEPS)

    @property
    def minutes(self) -> int | None:
        """The minutes a week that the message says there are."""
        hours = next((a for a in self.amounts if a.unit == "hour"), None)
        if hours is None:
            return None
        weekly = PER_MONTH.get(hours.period or "week", 1.0) / PER_MONTH["week"]
        return round(hours.value * 60 * weekly)

    @property
    def euros(self) -> int | None:
        """The euros a month that the message says there are: a budget, or the only amount that says nothing else."""
        money = [a for a in self.amounts if a.unit == "euro" and a.role in ("", "budget")]
        budget = next((a for a in money if a.role == "budget"), money[0] if len(money) == 1 else None)
        if budget is None:
            return None
        return round(budget.value * PER_MONTH.get(budget.period, 1.0))
