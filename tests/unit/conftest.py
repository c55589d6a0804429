"""Unit tests run without Rasa, so that they start within a second."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

SLOW = ("rasa", "rasa_sdk", "tensorflow", "spacy", "sklearn")
"""Packages that take seconds to import."""


@pytest.fixture(autouse=True)
def imports_nothing_slow() -> Iterator[None]:
    """Fails a unit test that imports what only other tests may."""
    before = {name for name in SLOW if name in sys.modules}
    yield
    imported = {name for name in SLOW if name in sys.modules} - before
    assert not imported, f"imported by this unit test: {imported}; it belongs into another folder"
