"""Finds a Chromium to drive, or installs one."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.support.programs import apt_install, find_program

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

HOW_TO = (
    "The browser tests need Chromium, and none was found. Install your system's package (chromium or google-chrome), "
    "or run `.venv/bin/playwright install chromium`."
)


def find_chromium() -> str | None:
    """The path of a Chromium on the PATH; None for Playwright's own download. Fails where there is none."""
    if found := find_program(*NAMES):
        return found
    if is_downloaded():
        return None
    apt_install("chromium", HOW_TO)
    return find_program(*NAMES) or pytest.fail(HOW_TO)


def is_downloaded() -> bool:
    """Whether `playwright install chromium` was run."""
    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path).exists()
