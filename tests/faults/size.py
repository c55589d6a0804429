"""How long the tests of faults take: a short form in `make test`, all of it in `make soak`."""

from __future__ import annotations

import os

SOAK = os.environ.get("KLANTKOMPAS_SOAK") == "1"


def size(short: int, long: int) -> int:
    """How often, or for how many seconds."""
    return long if SOAK else short
