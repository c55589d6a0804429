"""The types of the entries in the knowledge base: one immutable class for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import holidays
from pydantic import BaseModel, Extra, Field, validator
from pydantic.fields import ModelField

Language = Literal["nl", "en"]
PhaseId = Literal["see", "think", "do", "care"]
StageId = Literal["orientation", "consideration", "purchase", "use", "evaluation"]
TopicId = Literal["channels", "message", "measurement"]
UnitId = Literal["count", "euro", "percent", "hour", "star"]

LOCALES: Mapping[Language, str] = {"nl": "nl_NL", "en": "en_GB"}
"""How dates and numbers are written in each language, by Babel's names."""
LANGUAGES: tuple[Language, ...] = ("nl", "en")
PHASES: tuple[PhaseId, ...] = ("see", "think", "do", "care")
STAGES: tuple[StageId, ...] = ("orientation", "consideration", "purchase", "use", "evaluation")
TOPICS: tuple[TopicId, ...] = ("channels", "message", "measurement")


class Entry(BaseModel):
    """Base of all entries: immutable, and unknown keys are errors, since they are typos.

    `ref` of a field names the file that its ids refer to, and `at_least` the minimum length of a tuple.
    """

    class Config:
        """Settings of pydantic."""

        extra = Extra.forbid
        frozen = True
        anystr_strip_whitespace = True
        min_anystr_length = 1

    @validator("*")
    def _check_length(cls, value: Any, field: ModelField) -> Any:
        """Enforces `at_least`: pydantic 1 has no minimum length for tuples."""
        at_least = field.field_info.extra.get("at_least", 0)
        if isinstance(value, tuple) and len(value) < at_least:
            raise ValueError(f"expected at least {at_least} item{'s' * (at_least > 1)}")
        return value


class Text(Entry):
    """One text in both languages."""

    nl: str
    en: str

    def localized(self, language: Language) -> str:
        """The text in `language`."""
        return self.nl if language == "nl" else self.en


class Texts(Entry):
    """A list of short texts in both languages, for instance steps or aliases."""

    nl: tuple[str, ...] = ()
    en: tuple[str, ...] = ()

    def localized(self, language: Language) -> tuple[str, ...]:
        """The texts in `language`."""
        return self.nl if language == "nl" else self.en

    def all(self) -> tuple[str, ...]:
        """The texts in both languages, Dutch first."""
        return self.nl + self.en


class FullTexts(Texts):
    """A list that may not be empty in either language."""

    nl: tuple[str, ...] = Field(at_least=1)
    en: tuple[str, ...] = Field(at_least=1)


class Sentences(Texts):
    """At least four sentences in each language."""

    nl: tuple[str, ...] = Field(at_least=4)
    en: tuple[str, ...] = Field(at_least=4)


class Source(Entry):
    """The source of a fact."""

    id: str
    name: str
    year: int | None = Field(description="of publication; null where the source gives none")
    address: str


class Named(Entry):
    """Something that the NLU recognises by `name` and `aliases`."""

    id: str = Field(regex=r"^[a-z][a-z0-9_]*$")
    name: Text
    aliases: Texts = Texts()
    everyday_word: bool = Field(False, description="the name is ambiguous: a common word too (do, use)")


class ChannelAdvice(Entry):
    """The channels that fit a phase, the best first."""

    summary: Text
    use: tuple[str, ...] = Field(at_least=3, ref="channels")


class MessageAdvice(Entry):
    """The message to give in a phase."""

    summary: Text
    examples: FullTexts


class MeasurementAdvice(Entry):
    """The metrics by which the work in a phase is judged."""

    summary: Text
    use: tuple[str, ...] = Field(at_least=3, ref="metrics")
    beware: Text
    sign: Text = Field(description="how the owner will see that it works")


class Pitfall(Entry):
    """A frequent mistake, with its source if there is one."""

    text: Text
    source: str | None = Field(None, ref="sources")


class Phase(Named):
    """A phase of See-Think-Do-Care."""

    id: PhaseId
    nickname: Text = Field(description="the phase in two or three common words")
    owner_words: Text = Field(description="how an owner would say it; the button of a separating question")
    description: Text
    pain: Text = Field(description="what it means when this phase hurts")
    goal: Text
    channels: ChannelAdvice
    message: MessageAdvice
    measurement: MeasurementAdvice
    first_steps: FullTexts
    pitfalls: tuple[Pitfall, ...] = Field(at_least=2)
    stages: tuple[StageId, ...]


class Stage(Named):
    """A stage of the five-stage customer journey."""

    id: StageId
    customer: Text = Field(description="what the customer does, thinks and feels here")
    task: Text = Field(description="what the business has to do here")
    tips: FullTexts
    phases: tuple[PhaseId, ...] = Field(at_least=1)
    mapping: Text = Field(description="how the stage relates to See-Think-Do-Care")


class Journey(Entry):
    """The two models of the customer journey, and how they relate."""

    what: Text
    stages_intro: Text
    see_think_do_care: Text
    relation: Text
    mapping_steps: FullTexts
    why_not_only_do: Text
    stages: tuple[Stage, ...]


class Cue(Entry):
    """A concept with its trigger phrases ("niemand kent ons", "nobody knows us").

    A phrase matches with other words between its words, and in any inflection.
    """

    id: str = Field(regex=r"^[a-z][a-z0-9_]*$")
    phase: PhaseId | None = Field(None, description="the phase that the concept points to, if one")
    telling: bool = Field(False, description='says by itself that the phase hurts, as "niemand kent ons" does')
    phrases: FullTexts


class Channel(Named):
    """A marketing channel."""

    phases: tuple[PhaseId, ...] = Field(at_least=1, description="where it works, the best first")
    why: Text
    good_for: Text
    caveat: Text
    suits: tuple[str, ...] = Field((), ref="business_types")
    doubtful_for: tuple[str, ...] = Field((), ref="business_types")
    sources: tuple[str, ...] = Field((), ref="sources")


class Metric(Named):
    """A marketing metric."""

    phases: tuple[PhaseId, ...] = Field(at_least=1)
    formula: Text
    judges: Text
    mistake: Text
    unit: Literal["percent"] | None = Field(None, description="of its value, if that is a share")
    lower_is_better: bool = Field(False, description="whether a lower value is better, as of churn")
    sources: tuple[str, ...] = Field((), ref="sources")


class Benchmark(Entry):
    """A published value of a metric, for comparison."""

    id: str
    metric: str = Field(ref="metrics")
    business_types: tuple[str, ...] = Field((), ref="business_types")
    trades: tuple[str, ...] = Field((), ref="trades", description="trades that it fits, besides those kinds")
    value: float | None = Field(None, description="the average or median that an owner's figure is compared with")
    period: Literal["month", "year"] | None = Field(None, description="of which the value is, if it depends on that")
    is_rule: bool = Field(False, description="whether the value is a rule of thumb instead of an average")
    text: Text
    region: Text
    year: int = Field(description="of the data, else of publication")
    source: str = Field(ref="sources")
    confidence: Literal["high", "medium", "low"]


class BusinessType(Named):
    """A kind of business, with the phase that is usually its bottleneck."""

    bottleneck: tuple[PhaseId, ...] = Field(at_least=1, description="the usual one first")
    why: Text
    channels: dict[PhaseId, tuple[str, ...]] = Field(ref="channels")
    tip: Text
    sources: tuple[str, ...] = Field((), ref="sources")

    @validator("channels")
    def _every_phase(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        if set(value) != set(PHASES):
            raise ValueError(f"expected one list for each of {', '.join(PHASES)}")
        return value


class Faq(Named):
    """A frequently asked question; its intent is `faq_<id>`."""

    questions: FullTexts = Field(description="ways to ask it; the NLU learns from them")
    answer: Text
    related: tuple[str, ...] = Field((), ref="faq", description="questions to offer next")
    sources: tuple[str, ...] = Field((), ref="sources")

    @property
    def intent(self) -> str:
        """The intent that asks this question."""
        return f"faq_{self.id}"


class FigureRole(Entry):
    """What a number in a message may stand for: visitors, order value, budget."""

    id: str = Field(regex=r"^[a-z][a-z0-9_]*$")
    unit: UnitId
    metric: str | None = Field(None, ref="metrics", description="the metric whose value it is")
    words: FullTexts = Field(description='words beside the number: "5.000 bezoekers", "budget: 1500"')
    after: Texts = Field(Texts(), description='words that count after the number only: "3 tekenen"')
    per: Texts = Field(Texts(), description='words after "per" or "voor een": "40 euro per lead"')


class Unit(Entry):
    """How a unit or a period of time is written beside a number."""

    id: str
    kind: Literal["unit", "period"]
    words: FullTexts


class Signal(Entry):
    """Something that a message gives away by its words, for instance that it asks how long an advice takes."""

    id: str
    words: FullTexts = Field(description="phrases; ^ at the beginning only, $ in this ending only, = the whole message")


class ReportColumns(Entry):
    """The columns of exported reports that add up to a figure."""

    id: str
    columns: FullTexts


class SiteKind(Entry):
    """A kind of website, such as WordPress, with the steps to put the chat there."""

    id: str = Field(regex=r"^[a-z][a-z0-9_]*$")
    name: Text
    steps: FullTexts = Field(description="Markdown, of which `code` is shown")
    script: bool = Field(False, description="whether the options get lost in a plain line, so that it takes a script")


class Agency(Entry):
    """The agency that runs this advisor. The defaults are neutral; an agency fills in its own."""

    name: Text
    email: str | None
    phone: str | None
    opening_hours: Text
    opens: int = Field(9, ge=0, le=23, description="the hour from which somebody is there on working days")
    closes: int = Field(17, ge=1, le=24, description="the hour until which")
    country: str = Field(description="ISO code; its public holidays are no working days")
    competitor_check_working_days: int = Field(ge=1, le=30, description="within which a competitor check is answered")
    appointment_working_days: int = Field(
        None, ge=1, le=30, description="within which an appointment is confirmed; by default as a competitor check"
    )
    privacy: Text = Field(description="what consent is asked for; stored with each request")

    @validator("appointment_working_days", pre=True, always=True)
    def _as_competitor_check(cls, value: object, values: Mapping[str, object]) -> object:
        return values.get("competitor_check_working_days", 1) if value is None else value

    @validator("country")
    def _known_country(cls, value: str) -> str:
        if value not in holidays.list_supported_countries():
            raise ValueError("expected the two-letter code of a country, such as NL or BE")
        return value
