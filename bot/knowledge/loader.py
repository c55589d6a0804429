"""Reads the YAML files of the knowledge base."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from bot.errors import KlantkompasError
from bot.knowledge import checks
from bot.knowledge.brand import BrandFile
from bot.knowledge.knowledge import Knowledge
from bot.knowledge.models import (
    Agency,
    Benchmark,
    BusinessType,
    Channel,
    Cue,
    Entry,
    Faq,
    FigureRole,
    Journey,
    Metric,
    Named,
    Phase,
    ReportColumns,
    Signal,
    SiteKind,
    Source,
    Stage,
    Text,
    Unit,
)
from bot.knowledge.problems import Draft, Exchange, Rhythm, Scan, Step, Symptom, TextKind, Trade

EntryT = TypeVar("EntryT", bound=Entry)

ENTRIES: Mapping[str, type[Entry]] = {
    "phases": Phase,
    "cues": Cue,
    "channels": Channel,
    "metrics": Metric,
    "benchmarks": Benchmark,
    "business_types": BusinessType,
    "trades": Trade,
    "symptoms": Symptom,
    "steps": Step,
    "exchanges": Exchange,
    "rhythms": Rhythm,
    "quickscan": Scan,
    "texts": Draft,
    "text_kinds": TextKind,
    "faq": Faq,
    "figures": FigureRole,
    "units": Unit,
    "questions": Signal,
    "signals": Signal,
    "reports": ReportColumns,
    "site_kinds": SiteKind,
    "sources": Source,
    "topics": Named,
}
"""Files with entries by id, or folders of such files."""

TEXTS = ("phrases", "widget", "install", "slack")
"""Files with texts by key."""


BRAND = "brand.yml"


class KnowledgeError(KlantkompasError):
    """The knowledge base is not usable; the message lists file, key and expectation of every fault."""

    def __init__(self, faults: Iterable[str]) -> None:
        """Takes a line for each fault."""
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


@lru_cache(maxsize=4)
def load_knowledge(folder: Path) -> Knowledge:
    """Loads and checks the knowledge base in `folder`; cached.

    Raises:
        KnowledgeError: With every fault found, not only the first.
    """
    reader = _Reader(folder)
    parts: dict[str, Any] = {"agency": reader.entry("agency.yml", Agency, reader.mapping("agency.yml"))}
    parts["journey"] = reader.journey()
    parts["brand"] = reader.brand()
    parts |= {name: reader.entries(name, kind) for name, kind in ENTRIES.items()}
    parts |= {name: reader.entries(name, Text) for name in TEXTS}
    if reader.faults:
        raise KnowledgeError(reader.faults)
    knowledge = Knowledge(**parts)
    if faults := checks.faults(knowledge):
        raise KnowledgeError(faults)
    return knowledge


def load_brand(folder: Path) -> BrandFile:
    """Loads and checks brand.yml, which may be missing; not cached.

    Raises:
        KnowledgeError: With every fault of the file.
    """
    reader = _Reader(folder)
    brand = reader.brand()
    if brand is None or reader.faults:
        raise KnowledgeError(reader.faults)
    return brand


class _Reader:
    """Reads files, and collects all faults instead of raising the first."""

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

    def entries(self, name: str, kind: type[EntryT]) -> Mapping[str, EntryT]:
        """The entries of a file, or of all files in a folder."""
        folder = self.folder / name
        files = [f"{name}/{p.name}" for p in sorted(folder.glob("*.yml"))] if folder.is_dir() else [f"{name}.yml"]
        entries: dict[str, EntryT] = {}
        for file in files:
            found = self._entries(file, kind, self.mapping(file))
            self.faults += [
                f"{file}: {id_}: another file of {name} has this name too" for id_ in found if id_ in entries
            ]
            entries |= found
        return MappingProxyType(entries)

    def journey(self) -> Journey | None:
        """journey.yml, whose stages are entries by id within the file."""
        data = dict(self.mapping("journey.yml"))
        stages = self._entries("journey.yml", Stage, data.get("stages"), prefix="stages › ")
        return self.entry("journey.yml", Journey, {**data, "stages": tuple(stages.values())})

    def brand(self) -> BrandFile | None:
        """brand.yml; copies of the knowledge base from before 0.2 have none."""
        exists = (self.folder / BRAND).exists()
        return self.entry(BRAND, BrandFile, self.mapping(BRAND) if exists else {})

    def _entries(self, file: str, kind: type[EntryT], data: object, prefix: str = "") -> Mapping[str, EntryT]:
        if not isinstance(data, dict):
            self.faults.append(f"{file}: {prefix.rstrip(' ›')}: expected a list of named entries")
            return {}
        entries = {}
        for key, value in data.items():
            path = f"{prefix}{key}"
            if not isinstance(value, dict):
                self.faults.append(f"{file}: {path}: expected keys such as {_example_keys(kind)} under it")
                continue
            entry = self.entry(file, kind, {"id": key, **value} if "id" in kind.__fields__ else value, path)
            if entry is not None:
                entries[str(key)] = entry
        return MappingProxyType(entries)

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
    """Rewords an error of pydantic in terms that a marketer understands."""
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
        "value_error.strictbool": "expected true or false",
        "value_error.number.not_ge": f"expected a number of at least {context.get('limit_value')}",
        "value_error.number.not_le": f"expected a number of at most {context.get('limit_value')}",
        "value_error.const": f"expected one of: {', '.join(map(str, context.get('permitted', ())))}",
    }
    return known.get(str(fault["type"]), str(fault["msg"]))
