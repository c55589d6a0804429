"""brand.yml: what a marketer may write there, and what becomes of a mistake."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from bot.chat.website import brand_file
from bot.chat.website.brand_file import WatchedBrand
from bot.knowledge import KnowledgeError, load_brand
from bot.knowledge.brand import BrandFile, PageBrand
from bot.settings import settings


def written(folder: Path, text: str) -> BrandFile:
    (folder / "brand.yml").write_text(text, encoding="utf-8")
    return load_brand(folder)


def test_the_examples_of_the_file_are_right(tmp_path: Path) -> None:
    text = (settings().knowledge / "brand.yml").read_text(encoding="utf-8")
    assert written(tmp_path, text).rules() == []
    brand = written(tmp_path, re.sub(r"^  # ", "  ", text, flags=re.MULTILINE))
    everywhere, some_pages = brand.rules()
    assert everywhere["nameNl"] == everywhere["nameEn"] == "Bureau Wegwijzer"
    assert everywhere["credit"] == "off"
    assert some_pages["inviteScroll"] == "60"
    assert re.match(some_pages["pages"], "www.zaak.nl/prijzen/2026")
    assert not re.match(some_pages["pages"], "www.zaak.nl/over/prijzen")


def test_a_copy_of_the_knowledge_base_may_lack_the_file(tmp_path: Path) -> None:
    assert load_brand(tmp_path).rules() == []


@pytest.mark.parametrize(
    ("pattern", "fits", "fits_not"),
    [
        ("/", "zaak.nl/", "zaak.nl/over"),
        ("/a+b*", "zaak.nl/a+b/c", "zaak.nl/aab"),
        ("shop.zaak.nl/*", "shop.zaak.nl/kar", "zaak.nl/shop.zaak.nl/"),
        ("*.zaak.nl/*", "shop.zaak.nl/kar", "zaak.nl/"),
    ],
)
def test_a_pattern_is_for_the_host_and_path_of_a_page(pattern: str, fits: str, fits_not: str) -> None:
    ((rule),) = BrandFile(some_pages=(PageBrand(pages=(pattern,), accent="#fff"),)).rules()
    assert re.search(rule["pages"], fits)
    assert not re.search(rule["pages"], fits_not)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("everywhere:\n  accent: red", 'everywhere › accent: expected a colour such as "#0b5d50"'),
        ("everywhere:\n  accent: #0b5d50", "everywhere › accent: is empty; a colour needs quotation marks"),
        ("everywhere:\n  accnt: '#fff'", "everywhere › accnt: is not a known key"),
        ("everywhere:\n  offset_bottom: veel", "everywhere › offset_bottom: expected a whole number"),
        ("everywhere:\n  offset_bottom: 5000", "everywhere › offset_bottom: expected a number of at most 500"),
        ("everywhere:\n  credit: misschien", "everywhere › credit: expected true or false"),
        ("everywhere:\n  position: boven", "everywhere › position: expected one of: left, right"),
        ("everywhere:\n  logo: logo.png", "everywhere › logo: expected the address of an image on the site itself"),
        ("everywhere:\n  logo: //elders.nl/l.png", "everywhere › logo: expected the address of an image"),
        ("everywhere:\n  name: {nl: Bureau}", "everywhere › name › en: is missing"),
        (f"everywhere:\n  name: {'x' * 61}", "everywhere › name: expected at most 60 characters"),
        ("some_pages:\n  - invite_after: 5", "some_pages › 0 › pages: is missing"),
        ("some_pages:\n  - pages: ['https://zaak.nl/']", "some_pages › 0 › pages › 0: 'https://zaak.nl/': expected"),
        ("everywhere: [1]", "everywhere: expected keys under it"),
        ("everywhere:\n  name: 'x", "not valid YAML"),
    ],
)
def test_a_mistake_is_named_with_file_key_and_what_is_expected(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(KnowledgeError) as error:
        written(tmp_path, text)
    assert "brand.yml" in str(error.value)
    assert fault in str(error.value)


def test_a_change_counts_without_a_restart_and_a_bad_one_keeps_the_last_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(brand_file, "LOOK_EVERY", 0)
    brand = WatchedBrand(tmp_path, written(tmp_path, "everywhere: {accent: '#111111'}"))
    assert brand.rules == [{"accent": "#111111"}]
    (tmp_path / "brand.yml").write_text("everywhere: {accent: '#222222', theme: dark}", encoding="utf-8")
    assert brand.rules == [{"accent": "#222222", "theme": "dark"}]
    caplog.clear()
    (tmp_path / "brand.yml").write_text("everywhere: {accent: red}", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        assert [brand.rules for _ in range(3)] == [[{"accent": "#222222", "theme": "dark"}]] * 3
    (record,) = caplog.records
    assert "last good version" in record.getMessage()
    assert "everywhere › accent: expected a colour" in record.getMessage()
    (tmp_path / "brand.yml").unlink()
    assert brand.rules == []
