"""The loaded knowledge base."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from bot.knowledge.brand import BrandFile
from bot.knowledge.models import (
    Agency,
    Benchmark,
    BusinessType,
    Channel,
    Cue,
    Faq,
    FigureRole,
    Journey,
    Language,
    Metric,
    Named,
    Phase,
    PhaseId,
    ReportColumns,
    Signal,
    SiteKind,
    Source,
    Stage,
    StageId,
    Text,
    Unit,
)
from bot.knowledge.problems import Draft, Exchange, Rhythm, Scan, Step, Symptom, TextKind, Trade


@dataclass(frozen=True, eq=False)
class Knowledge:
    """Everything the advisor knows: one field for each file, with the entries by id in the order of the file."""

    agency: Agency
    brand: BrandFile
    phases: Mapping[PhaseId, Phase]
    journey: Journey
    cues: Mapping[str, Cue]
    channels: Mapping[str, Channel]
    metrics: Mapping[str, Metric]
    benchmarks: Mapping[str, Benchmark]
    business_types: Mapping[str, BusinessType]
    trades: Mapping[str, Trade]
    symptoms: Mapping[str, Symptom]
    steps: Mapping[str, Step]
    exchanges: Mapping[str, Exchange]
    rhythms: Mapping[str, Rhythm]
    quickscan: Mapping[str, Scan]
    texts: Mapping[str, Draft]
    text_kinds: Mapping[str, TextKind]
    faq: Mapping[str, Faq]
    figures: Mapping[str, FigureRole]
    units: Mapping[str, Unit]
    questions: Mapping[str, Signal]
    signals: Mapping[str, Signal]
    reports: Mapping[str, ReportColumns]
    site_kinds: Mapping[str, SiteKind]
    sources: Mapping[str, Source]
    topics: Mapping[str, Named]
    phrases: Mapping[str, Text]
    widget: Mapping[str, Text]
    install: Mapping[str, Text]
    slack: Mapping[str, Text]

    @cached_property
    def stages(self) -> Mapping[StageId, Stage]:
        """The stages of the customer journey, which are a part of journey.yml."""
        return MappingProxyType({stage.id: stage for stage in self.journey.stages})

    def phrase(self, key: str, language: Language, **values: object) -> str:
        """A phrase of phrases.yml with `values` filled in. Raises KeyError for an unknown key."""
        return self.phrases[key].localized(language).format(**values)

    def benchmarks_for(
        self, metric_id: str, business_type: str | None = None, trade: str | None = None
    ) -> tuple[Benchmark, ...]:
        """The benchmarks of a metric: first those for the trade, then for the kind of business, then general ones."""

        def rank(benchmark: Benchmark) -> int | None:
            if trade in benchmark.trades:
                return 0
            if business_type in benchmark.business_types:
                return 1
            return None if benchmark.trades or benchmark.business_types else 2

        ranked = [(rank(b), b) for b in self.benchmarks.values() if b.metric == metric_id]
        fitting = [(place, benchmark) for place, benchmark in ranked if place is not None]
        return tuple(benchmark for _, benchmark in sorted(fitting, key=lambda pair: pair[0]))

    def named(self) -> Mapping[str, Mapping[str, Named]]:
        """By name of the NLU entity, the entries that are recognised by name or alias."""
        return {
            "phase": self.phases,  # type: ignore[dict-item]
            "journey_stage": self.stages,  # type: ignore[dict-item]
            "topic": self.topics,
            "channel": self.channels,
            "metric": self.metrics,
            "business_type": self.business_types,
            "trade": self.trades,
            "faq": self.faq,
        }
