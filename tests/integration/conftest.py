"""Fixtures of the integration tests: the stores."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.stores import Stores


@pytest.fixture
def files(tmp_path: Path) -> Stores:
    """The stores in three files of SQLite, as they are by default."""
    return Stores(*(f"sqlite:///{tmp_path}/{name}.db" for name in ("intake", "messages", "conversations")))


@pytest.fixture(params=["files", "one PostgreSQL"])
def stores(request: pytest.FixtureRequest) -> Stores:
    """The stores in three files, or all in one PostgreSQL."""
    if request.param == "files":
        return request.getfixturevalue("files")
    return Stores(*[request.getfixturevalue("postgres").url] * 3)
