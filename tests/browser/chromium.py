"""Finds a Chromium to drive, or gets one."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

HOW_TO = (
    "The browser tests need Chromium, and none was found. Install your system's package (chromium or google-chrome), "
    "or run `.venv/bin/playwright install chromium`."
)


def find_chromium() -> str | None:
    """The path of a Chromium on the PATH; None for Playwright's own download. Fails where none can be had."""
    if found := on_path():
        return found
    if downloaded():
        return None
    if os.geteuid() == 0 and shutil.which("apt-get"):
        install_package()
        if found := on_path():
            return found
    pytest.fail(HOW_TO)


def on_path() -> str | None:
    """The first Chromium or Chrome on the PATH."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def downloaded() -> bool:
    """Whether `playwright install chromium` was run."""
    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path).exists()


def install_package() -> None:
    """Installs Debian's package; fails with what apt-get said."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.fail(f"{HOW_TO}\n`{' '.join(command)}` failed:\n{done.stderr or done.stdout}")
