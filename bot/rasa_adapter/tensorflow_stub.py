"""Starts Rasa without TensorFlow, which our pipeline does not use.

Rasa's modules import TensorFlow wherever a neural network could come into play, also those that have none. That is
half of the time of a start and of the memory. `without_tensorflow` puts an empty shell in its place: it has every name,
any class can be derived from it, and whoever really uses it gets an error that says why.

Only for serving; training and Rasa's own commands load the real one, as does a config.yml that names a component of
Rasa's that needs it.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from ruamel.yaml import YAML

from bot.settings import ROOT

LEFT_OUT = frozenset({"tensorflow", "tensorflow_addons", "tensorflow_hub", "tensorflow_text", "keras"})
DO_WITHOUT = frozenset({"FallbackClassifier", "RulePolicy", "MemoizationPolicy", "AugmentedMemoizationPolicy"})
"""Rasa's components without a neural network that a config.yml of ours may name."""


def with_one_thread() -> None:
    """Keeps the libraries that multiply matrices to one thread. Call before they are imported.

    With two, a turn is a tenth faster when nothing else happens, but takes twice the processor's time, which other
    workers need.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def without_tensorflow(config: Path = ROOT / "config.yml") -> bool:
    """Leaves TensorFlow out of this process, if `config` needs it nowhere; returns whether it did. Call before Rasa.

    Has no effect on a process that has TensorFlow already.
    """
    given = YAML(typ="safe").load(config.read_text(encoding="utf-8"))
    names = [component["name"] for part in ("pipeline", "policies") for component in given[part]]
    needed = [name for name in names if name not in DO_WITHOUT and not name.startswith("bot.")]
    if needed or "tensorflow" in sys.modules:
        return False
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    importlib.import_module("thinc.compat")  # spaCy's; takes TensorFlow if it is there, and does well without
    finder.missing = False
    return True


class LeftOut(RuntimeError):
    """Something wants to work with TensorFlow in a process that has none."""


class _AnyName(type):
    """Every attribute of such a class is one more of them."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _AnyName(name, (_Shell,), {})


class _Shell(metaclass=_AnyName):
    """Stands for a class or function of TensorFlow."""

    def __init__(self, *_: object, **__: object) -> None:
        raise LeftOut(f"{type(self).__name__} needs TensorFlow, which this process does not load")


class _Module(ModuleType):
    """Stands for a module of TensorFlow."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _AnyName(name, (_Shell,), {})


class _Finder(MetaPathFinder, Loader):
    """Finds the shell wherever TensorFlow is asked for; while it is `missing`, nothing."""

    missing = True

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """A spec for TensorFlow's modules, and for those only."""
        if name.partition(".")[0] not in LEFT_OUT:
            return None
        if self.missing:
            raise ModuleNotFoundError(f"{name} is replaced by bot/rasa_adapter/tensorflow_stub.py", name=name)
        return ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """An empty shell."""
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to do."""
