"""Links and file names in the documentation lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.settings import ROOT

PAGES = sorted(
    path for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob(".github/**/*.md")) if path.is_file()
)
FOLDERS = "actions|bench|bot|data|deploy|docs|tests|\\.github"
NAMES = rf"`((?:{FOLDERS})/[\w./*-]*|[\w-]+\.(?:toml|ini|cfg))`"
"""File names in code style that begin with a folder of this project."""


def test_there_are_pages() -> None:
    assert len(PAGES) > 20


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_and_file_name_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) if "://" not in link]
    missing = [link for link in links if not (page.parent / link).exists()]
    if page.name != "CHANGELOG.md":  # history has old names
        missing += [name for name in re.findall(NAMES, text) if not list(ROOT.glob(name.rstrip("/")))]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_anchor_is_a_heading(page: Path) -> None:
    for link, anchor in re.findall(r"\]\(([^)#\s:]*)#([^)]+)\)", page.read_text(encoding="utf-8")):
        target = page.parent / link if link else page
        headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
        anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert anchor in anchors, f"{link}#{anchor}"


def test_every_package_of_the_picture_exists() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    (picture,) = re.findall(r"```mermaid\n(.*?)```", page, re.DOTALL)
    named = re.findall(r"\b(?:bot/[\w./]+|actions)\b", picture)
    assert len(named) >= 9
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    overview = (folder / "README.md").read_text(encoding="utf-8")
    records = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert re.findall(r"\((\d{4}-[\w-]+\.md)\)", overview) == records
    for record in records:
        text = (folder / record).read_text(encoding="utf-8")
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Context", "Decision", "Measurement", "Consequences"]
