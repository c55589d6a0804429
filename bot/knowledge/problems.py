"""The types of what the advisor knows about problems: symptoms with their causes, steps, texts and trades."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, validator

from bot.knowledge.models import Entry, FullTexts, Named, PhaseId, Sentences, Text, Texts


class Cause(Entry):
    """Why an owner may have a problem, how to find out, and what to do then."""

    name: Text = Field(description="a statement")
    check: Text = Field(description="how the owner finds out whether it is this cause")
    fix: Text = Field(description="what to do if it is")
    steps: tuple[str, ...] = Field(at_least=1, ref="steps")
    words: Texts = Field(description="beginnings of words or phrases by which an owner names this cause")


class CauseAnswer(Entry):
    """An answer to the question of a symptom: a button that leads to a cause."""

    text: Text
    cause: str = Field(description="the id of a cause of the same symptom")


class CauseQuestion(Entry):
    """The question that separates the causes of a symptom."""

    question: Text
    answers: tuple[CauseAnswer, ...] = Field(at_least=2)


class SymptomChannels(Entry):
    """The channels that fit a symptom, the best first."""

    text: Text
    use: tuple[str, ...] = Field(at_least=1, ref="channels")


class SymptomMessage(Entry):
    """What to say when a business has this problem."""

    text: Text
    example: Text


class SymptomMeasurement(Entry):
    """How to see whether it gets better, and the one metric to watch."""

    text: Text
    metric: str = Field(ref="metrics")


class Symptom(Entry):
    """A problem, more precise than its phase: the second level of an intent, as in `struggle_do/carts_not_paid`."""

    id: str = Field(regex=r"^[a-z][a-z0-9_]*$")
    phase: PhaseId
    name: Text = Field(description="as an owner would say it")
    description: Text = Field(description="which problems count as this one")
    explanation: Text = Field(description="what goes on, said to the owner")
    causes: Mapping[str, Cause] = Field(description="the likeliest first")
    ask: CauseQuestion
    steps: tuple[str, ...] = Field(at_least=1, ref="steps", description="that help whatever the cause, the best first")
    channels: SymptomChannels
    message: SymptomMessage
    measurement: SymptomMeasurement
    avoid: Text = Field(description="what to leave alone, and why")
    typical_of: tuple[str, ...] = Field((), ref="business_types")
    needs: Texts = Field(Texts(), description="beginnings of words without one of which it is not this problem")

    @property
    def intent(self) -> str:
        """The intent with its second level, as the training data names it."""
        return f"struggle_{self.phase}/{self.id}"

    @validator("ask")
    def _known_causes(cls, value: CauseQuestion, values: Mapping[str, object]) -> CauseQuestion:
        causes = values.get("causes")
        for answer in value.answers:
            if isinstance(causes, Mapping) and answer.cause not in causes:
                raise ValueError(f"'{answer.cause}' is not one of the causes: {', '.join(causes)}")
        return value


class Rhythm(Entry):
    """How often a step is done."""

    id: str
    text: Text


class Step(Entry):
    """Something an owner can do."""

    id: str = Field(regex=r"^[a-z][a-z0-9_]*$")
    name: Text = Field(description="an instruction in one sentence")
    how: FullTexts = Field(description="three to five actions")
    why: Text
    source: str | None = Field(None, ref="sources")
    minutes: int = Field(ge=1, description="of the owner's time, the first time")
    euros: int = Field(ge=0, description="to begin with, besides time")
    rhythm: str = Field("once", ref="rhythms", description="how often to do it")
    who: Text = Field(description="who can do it")
    sign: Text = Field(description="how the owner sees that it worked")
    example: Text
    pitfall: Text = Field(description="why it usually fails for those who tried it, and the better way")
    fits: tuple[str, ...] = Field(
        (), ref="business_types", description="only for these kinds of business; all if empty"
    )
    channel: str | None = Field(None, ref="channels")


class Exchange(Entry):
    """Something that owners say about a problem after the first advice, and what the advisor answers."""

    id: str = Field(regex=r"^[a-z][a-z0-9_]*$")
    symptoms: tuple[str, ...] = Field(at_least=1, ref="symptoms", description="in which owners say it")
    says: Sentences = Field(description="how owners say it: at least four different sentences")
    answer: Text
    step: str | None = Field(None, ref="steps", description="that puts the answer into practice")
    cause: str | None = Field(None, description="what it confirms, as `symptom.cause`")
    trades: tuple[str, ...] = Field((), ref="trades", description="only in these trades; in all if empty")
    fits: tuple[str, ...] = Field((), ref="business_types", description="only for these kinds of business")


class TextKind(Entry):
    """A kind of text that owners ask for, such as a post or a mail."""

    id: str
    name: Text = Field(description='with an article: "een mail"')
    words: Texts = Field(description="beginnings of words or phrases by which an owner asks for it")
    like: tuple[str, ...] = Field((), ref="text_kinds", description="kinds that serve where there is none of this one")
    public: bool = Field(False, description="read by people who don't know the business, such as a post")


class Draft(Entry):
    """A fill-in text. Blanks stand in [brackets]; {customer} and {customers} become the trade's word."""

    id: str = Field(regex=r"^[a-z][a-z0-9_]*$")
    name: Text
    kind: str = Field(ref="text_kinds")
    symptoms: tuple[str, ...] = Field(at_least=1, ref="symptoms")
    channels: tuple[str, ...] = Field((), ref="channels")
    fits: tuple[str, ...] = Field((), ref="business_types")
    trades: tuple[str, ...] = Field((), ref="trades", description="only for these trades; for all if empty")
    words: Texts = Field(Texts(), description="beginnings of words by which an owner asks for just this text")
    text: Text


class Trade(Named):
    """A trade as people name their own, such as a bakery, and the kind of business that it belongs to."""

    business_type: str = Field(ref="business_types")
    customer: Text = Field(description="its word for a customer")
    customers: Text
    examples: Mapping[PhaseId, Text] = Field(description="an example of a message for each phase")
    symptoms: tuple[str, ...] = Field((), ref="symptoms", description="what this trade has most")
    rules: Text | None = Field(None, description="professional rules that advertising touches")


class ScanQuestion(Entry):
    """A figure that the quickscan asks for."""

    figure: str = Field(ref="figures")
    name: Text = Field(description='what it is for such a business: "opdrachten"')
    ask: Text


class ScanStage(Entry):
    """A part of the funnel: one figure divided by another, or a share that the owner tells."""

    wide: str | None = Field(None, ref="figures")
    narrow: str | None = Field(None, ref="figures")
    share: str | None = Field(None, ref="figures", description="a share that the owner tells, instead of two figures")
    of: str | None = Field(None, ref="figures", description="what the share is a part of")
    metric: str = Field(ref="metrics", description="whose benchmark it is compared with")
    name: Text | None = Field(None, description="what the share is called here, if the metric's name does not fit")
    inverse: bool = Field(False, description="whether the metric counts those who leave")
    symptom: str = Field(ref="symptoms", description="the problem if this stage lags behind")
    unless: str | None = Field(None, ref="figures", description="the figure that makes this stage superfluous")
    caveat: Text | None = Field(None, description="why the share is not what it seems")


class Scan(Entry):
    """The quickscan for some kinds of business or trades."""

    id: str
    business_types: tuple[str, ...] = Field((), ref="business_types")
    trades: tuple[str, ...] = Field((), ref="trades", description="trades that it fits better than that of their kind")
    questions: tuple[ScanQuestion, ...] = Field(at_least=3)
    stages: tuple[ScanStage, ...] = Field(at_least=2)
    recurring: bool = Field(False, description="whether a customer pays `order_value` every month")
