"""What the unit tests may import."""

from __future__ import annotations

import subprocess
import sys

from bot.settings import ROOT
from tests.unit.conftest import SLOW


def test_collecting_the_unit_tests_imports_nothing_slow() -> None:
    collect = "import pytest, sys; pytest.main(['--collect-only', '-qq', 'tests/unit'])"
    code = f"{collect}; print(set({SLOW}) & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"
