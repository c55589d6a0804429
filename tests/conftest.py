"""Fixtures that several kinds of tests share."""

from __future__ import annotations

import pytest

from bot.knowledge import Knowledge, load_knowledge


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    """The knowledge base as it is."""
    return load_knowledge()
