"""Reads the knowledge base's YAML into one validated, immutable object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from string import Formatter
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from bot.knowledge.models import (
    PHASES,
    STAGES,
    Agency,
    Benchmark,
    BusinessType,
    Channel,
    Cue,
    Entry,
    Faq,
    FunnelRole,
    Journey,
    Language,
    Metric,
    Named,
    Phase,
    PhaseId,
    Source,
    Stage,
    StageId,
    Text,
)

EntryT = TypeVar("EntryT", bound=Entry)


class KnowledgeError(Exception):
    """The knowledge base is not usable; the message lists file, key and expectation of every fault."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class Knowledge:
    """Everything the advisor knows. Look-ups by id; iteration in the order of the files."""

    def __init__(
        self,
        *,
        agency: Agency,
        phases: Mapping[PhaseId, Phase],
        journey: Journey,
        cues: Mapping[str, Cue],
        channels: Mapping[str, Channel],
        metrics: Mapping[str, Metric],
        benchmarks: Mapping[str, Benchmark],
        business_types: Mapping[str, BusinessType],
        faq: Mapping[str, Faq],
        funnel: Mapping[str, FunnelRole],
        sources: Mapping[str, Source],
        topics: Mapping[str, Named],
        phrases: Mapping[str, Text],
        widget: Mapping[str, Text],
        slack: Mapping[str, Text],
    ) -> None:
        self.agency = agency
        self.phases = MappingProxyType(dict(phases))
        self.journey = journey
        self.stages: Mapping[StageId, Stage] = MappingProxyType({s.id: s for s in journey.stages})
        self.cues = MappingProxyType(dict(cues))
        self.channels = MappingProxyType(dict(channels))
        self.metrics = MappingProxyType(dict(metrics))
        self.benchmarks = MappingProxyType(dict(benchmarks))
        self.business_types = MappingProxyType(dict(business_types))
        self.faq = MappingProxyType(dict(faq))
        self.funnel = MappingProxyType(dict(funnel))
        self.sources = MappingProxyType(dict(sources))
        self.topics = MappingProxyType(dict(topics))
        self.phrases = MappingProxyType(dict(phrases))
        self.widget = MappingProxyType(dict(widget))
        self.slack = MappingProxyType(dict(slack))

    def phrase(self, key: str, language: Language, **values: object) -> str:
        """A fixed sentence of the advisor, with `values` filled in.

        Raises KeyError for an unknown key: phrases are named by code, so that is a programming error.
        """
        return self.phrases[key].localized(language).format(**values)

    def benchmarks_for(self, metric_id: str, business_type: str | None = None) -> tuple[Benchmark, ...]:
        """The benchmarks of a metric; those of the kind of business first, general ones after."""
        of_metric = [b for b in self.benchmarks.values() if b.metric == metric_id]
        fitting = [b for b in of_metric if not b.business_types or business_type in b.business_types]
        return tuple(sorted(fitting, key=lambda b: not b.business_types))

    def named(self) -> Mapping[str, Mapping[str, Named]]:
        """Per entity name of the NLU, the entries that are recognised by name or alias."""
        return {
            "phase": self.phases,  # type: ignore[dict-item]
            "journey_stage": self.stages,  # type: ignore[dict-item]
            "topic": self.topics,
            "channel": self.channels,
            "metric": self.metrics,
            "business_type": self.business_types,
            "faq": self.faq,
        }


@lru_cache(maxsize=4)
def load_knowledge(folder: Path) -> Knowledge:
    """Loads and checks the knowledge base in `folder`; cached.

    Raises KnowledgeError that lists every fault found, not only the first.
    """
    reader = _Reader(folder)
    journey_data = dict(reader.mapping("journey.yml"))
    stages = reader.entries("journey.yml", Stage, journey_data.pop("stages", None), prefix="stages")
    knowledge_parts: dict[str, Any] = {
        "agency": reader.entry("agency.yml", Agency, reader.mapping("agency.yml")),
        "phases": reader.entries("phases.yml", Phase),
        "journey": reader.entry("journey.yml", Journey, {**journey_data, "stages": tuple(stages.values())}),
        "phrases": reader.entries("phrases.yml", Text, with_id=False),
        "widget": reader.entries("widget.yml", Text, with_id=False),
        "slack": reader.entries("slack.yml", Text, with_id=False),
    }
    kinds = {"cues": Cue, "channels": Channel, "metrics": Metric, "benchmarks": Benchmark}
    kinds |= {"business_types": BusinessType, "faq": Faq, "funnel": FunnelRole, "sources": Source, "topics": Named}
    for name, kind in kinds.items():
        knowledge_parts[name] = reader.entries(f"{name}.yml", kind)
    if reader.faults:
        raise KnowledgeError(reader.faults)
    knowledge = Knowledge(**knowledge_parts)
    faults = [*_missing(knowledge), *_dangling(knowledge), *_ambiguous(knowledge), *_placeholders(knowledge)]
    if faults:
        raise KnowledgeError(faults)
    return knowledge


class _Reader:
    """Reads files and collects faults instead of stopping at the first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: list[str] = []

    def mapping(self, file: str) -> Mapping[str, Any]:
        path = self.folder / file
        try:
            data = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            self.faults.append(f"{file}: the file is missing in {self.folder}")
            return {}
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = f", line {mark.line + 1}" if mark else ""
            self.faults.append(f"{file}{line}: not valid YAML: {error.problem}")
            return {}
        if not isinstance(data, dict):
            self.faults.append(f"{file}: expected names followed by a colon at the left margin")
            return {}
        return data

    def entries(
        self,
        file: str,
        kind: type[EntryT],
        data: object = None,
        *,
        prefix: str = "",
        with_id: bool = True,
    ) -> dict[str, EntryT]:
        data = self.mapping(file) if data is None else data
        if not isinstance(data, dict):
            self.faults.append(f"{file}: {prefix}: expected a list of named entries")
            return {}
        read = {}
        for key, value in data.items():
            path = f"{prefix} › {key}" if prefix else str(key)
            if not isinstance(value, dict):
                self.faults.append(f"{file}: {path}: expected keys such as {_example_keys(kind)} under it")
                continue
            entry = self.entry(file, kind, {"id": key, **value} if with_id else value, path)
            if entry is not None:
                read[str(key)] = entry
        return read

    def entry(self, file: str, kind: type[EntryT], data: Mapping[str, Any], path: str = "") -> EntryT | None:
        try:
            return kind(**data)
        except ValidationError as error:
            for fault in error.errors():
                where = " › ".join([path, *map(str, fault["loc"])] if path else map(str, fault["loc"]))
                self.faults.append(f"{file}: {where}: {_expectation(fault)}")
            return None


def _example_keys(kind: type[Entry]) -> str:
    return ", ".join(list(kind.__fields__)[1:4])


def _expectation(fault: Mapping[str, Any]) -> str:
    """A message of pydantic in words that a marketer understands."""
    context = fault.get("ctx", {})
    known = {
        "value_error.missing": "is missing; a text or list is expected here",
        "value_error.extra": "is not a known key; is it a typo, or at the wrong indentation?",
        "type_error.str": "expected one text",
        "type_error.none.not_allowed": "is empty; a text or list is expected here",
        "type_error.dict": "expected keys under it (for instance nl: and en:)",
        "type_error.tuple": "expected a list, each item on its own line after a dash",
        "value_error.any_str.min_length": "is empty; a text is expected here",
        "type_error.integer": "expected a whole number",
        "value_error.number.not_ge": f"expected a number of at least {context.get('limit_value')}",
        "value_error.number.not_le": f"expected a number of at most {context.get('limit_value')}",
        "value_error.const": f"expected one of: {', '.join(map(str, context.get('permitted', ())))}",
    }
    return known.get(str(fault["type"]), str(fault["msg"]))


def _missing(knowledge: Knowledge) -> Iterable[str]:
    for phase in PHASES:
        if phase not in knowledge.phases:
            yield f"phases.yml: {phase}: is missing; expected the phases {', '.join(PHASES)}"
    for stage in STAGES:
        if stage not in knowledge.stages:
            yield f"journey.yml: stages › {stage}: is missing; expected {', '.join(STAGES)}"


def _dangling(knowledge: Knowledge) -> Iterable[str]:
    """References to ids that do not exist."""

    def unknown(where: str, ids: Iterable[str], existing: Mapping[Any, object], file: str) -> Iterable[str]:
        for id_ in ids:
            if id_ not in existing:
                yield f"{where}: '{id_}' does not exist; expected a name from {file}"

    for phase in knowledge.phases.values():
        where = f"phases.yml: {phase.id}"
        yield from unknown(f"{where} › channels › use", phase.channels.use, knowledge.channels, "channels.yml")
        yield from unknown(f"{where} › measurement › use", phase.measurement.use, knowledge.metrics, "metrics.yml")
        sources = [p.source for p in phase.pitfalls if p.source]
        yield from unknown(f"{where} › pitfalls", sources, knowledge.sources, "sources.yml")
    for channel in knowledge.channels.values():
        types = channel.suits + channel.doubtful_for
        yield from unknown(f"channels.yml: {channel.id}", types, knowledge.business_types, "business_types.yml")
        yield from unknown(f"channels.yml: {channel.id} › sources", channel.sources, knowledge.sources, "sources.yml")
    for metric in knowledge.metrics.values():
        yield from unknown(f"metrics.yml: {metric.id} › sources", metric.sources, knowledge.sources, "sources.yml")
    for benchmark in knowledge.benchmarks.values():
        where = f"benchmarks.yml: {benchmark.id}"
        yield from unknown(f"{where} › metric", [benchmark.metric], knowledge.metrics, "metrics.yml")
        yield from unknown(f"{where} › source", [benchmark.source], knowledge.sources, "sources.yml")
        yield from unknown(where, benchmark.business_types, knowledge.business_types, "business_types.yml")
    for business in knowledge.business_types.values():
        where = f"business_types.yml: {business.id}"
        used = [c for channels in business.channels.values() for c in channels]
        yield from unknown(f"{where} › channels", used, knowledge.channels, "channels.yml")
        yield from unknown(f"{where} › sources", business.sources, knowledge.sources, "sources.yml")
    for faq in knowledge.faq.values():
        yield from unknown(f"faq.yml: {faq.id} › related", faq.related, knowledge.faq, "faq.yml")
        yield from unknown(f"faq.yml: {faq.id} › sources", faq.sources, knowledge.sources, "sources.yml")


def _ambiguous(knowledge: Knowledge) -> Iterable[str]:
    """The same alias for two entries of one kind: the NLU could not choose."""
    for kind, entries in knowledge.named().items():
        owner: dict[str, str] = {}
        for entry in entries.values():
            for alias in {a.lower() for a in (*entry.aliases.all(), entry.name.nl, entry.name.en)}:
                other = owner.setdefault(alias, entry.id)
                if other != entry.id:
                    yield f"{kind} '{entry.id}': the alias '{alias}' already belongs to '{other}'; choose one"


def _placeholders(knowledge: Knowledge) -> Iterable[str]:
    """{placeholders} that stand in one language of a phrase only."""

    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    fixed = {"phrases.yml": knowledge.phrases, "widget.yml": knowledge.widget, "slack.yml": knowledge.slack}
    for file, texts in fixed.items():
        for key, text in texts.items():
            try:
                differing = fields(text.nl) ^ fields(text.en)
            except ValueError as error:
                yield f"{file}: {key}: {error}; a literal brace is written twice, like {{{{"
                continue
            if differing:
                yield f"{file}: {key}: {{{', '.join(sorted(differing))}}} is expected in both nl and en"
