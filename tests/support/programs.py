"""Programs of the system that tests and the benchmark need."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
"""Where users do not look, nginx is installed."""


def find_program(*names: str) -> str | None:
    """The path of the first of these programs that is installed."""
    return next((path for name in names if (path := shutil.which(name, path=PATH))), None)


def apt_install(package: str, how_to: str) -> None:
    """Installs Debian's package if this user may; otherwise fails the test with instructions."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        pytest.fail(how_to)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "--yes", "--no-install-recommends", package]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.fail(f"{how_to}\n`{' '.join(command)}` failed:\n{done.stderr or done.stdout}")
