"""The examples in docstrings of the NLU give the results that they show."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import bot.nlu

MODULES = [f"bot.nlu.{module.name}" for module in pkgutil.iter_modules(bot.nlu.__path__) if not module.ispkg]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_are_true(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
