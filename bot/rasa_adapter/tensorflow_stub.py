"""Runs Rasa without TensorFlow, which our pipeline does not use.

Rasa's modules import TensorFlow wherever a neural network could be configured: half of the time and memory of a start.
`install` replaces it by a stub that has every name, and whose classes can be subclassed but not instantiated.

For serving only: training and Rasa's own commands load the real TensorFlow, and so does a config.yml that names a
component which needs it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from ruamel.yaml import YAML

from bot.settings import ROOT

STUBBED = frozenset({"tensorflow", "tensorflow_addons", "tensorflow_hub", "tensorflow_text", "keras"})
WITHOUT_TENSORFLOW = frozenset({"FallbackClassifier", "RulePolicy", "MemoizationPolicy", "AugmentedMemoizationPolicy"})
"""Rasa's own components that need no TensorFlow."""


def install(config: Path = ROOT / "config.yml") -> bool:
    """Installs the stub unless `config` needs TensorFlow or it is imported already. Call before importing Rasa.

    Returns:
        Whether the stub is installed.
    """
    recipe = YAML(typ="safe").load(config.read_text(encoding="utf-8"))
    names = [component["name"] for part in ("pipeline", "policies") for component in recipe[part]]
    needed = [name for name in names if name not in WITHOUT_TENSORFLOW and not name.startswith("bot.")]
    if needed or "tensorflow" in sys.modules:
        return False
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    importlib.import_module("thinc.compat")  # of spaCy: has to find no TensorFlow, rather than a stub
    finder.missing = False
    return True


class TensorFlowStubError(RuntimeError):
    """Code that needs the real TensorFlow runs in a process with the stub."""


class _StubType(type):
    """Metaclass: every attribute of such a class is another stub class."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _StubType(name, (_Stub,), {})


class _Stub(metaclass=_StubType):
    """Stub of a class or function."""

    def __init__(self, *_: object, **__: object) -> None:
        raise TensorFlowStubError(f"{type(self).__name__} needs TensorFlow, which this process does not load")


class _StubModule(ModuleType):
    """Stub of a module."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _StubType(name, (_Stub,), {})


class _Finder(MetaPathFinder, Loader):
    """Import hook: finds stubs for TensorFlow's modules; while `missing`, makes their import fail."""

    missing = True

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """A spec for TensorFlow's modules only."""
        if name.partition(".")[0] not in STUBBED:
            return None
        if self.missing:
            raise ModuleNotFoundError(f"{name} is replaced by bot/rasa_adapter/tensorflow_stub.py", name=name)
        return ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """A stub."""
        return _StubModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """A stub needs no code."""
