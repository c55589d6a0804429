"""The form of the install page, and the line that it makes."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest

from bot.install.form import FIELDS, SWITCHES, InstallForm
from bot.install.snippets import html_line, tag_manager
from bot.knowledge import Knowledge
from bot.knowledge.brand import Brand

OWN = "https://advisor.example"
HOSTILE = """"'><script>alert(1)</script>{{URL}}<!--&amp;"""


def form(**fields: str) -> InstallForm:
    return InstallForm.read({"sent": "1", "credit": "on", **fields}, OWN)


def test_every_setting_of_the_brand_is_on_the_form() -> None:
    assert set(FIELDS) == set(Brand.__fields__)


def test_every_field_has_its_texts(knowledge: Knowledge) -> None:
    for name in ("site", "kind", *FIELDS):
        assert name in knowledge.install
    for name in set(FIELDS) - set(SWITCHES) - {"language", "theme", "position"}:
        assert f"wrong_{name}" in knowledge.install


def test_an_untouched_form_makes_the_shortest_line() -> None:
    assert InstallForm.read({}, OWN).attributes() == {}
    assert html_line(OWN, {}) == f'<script src="{OWN}/widget.js" defer></script>'


def test_what_is_filled_in_becomes_an_attribute() -> None:
    filled = form(
        name=" Bureau ",
        accent="#f60",
        position="left",
        offset_side="20",
        invite_exit="on",
        data_layer="on",
        theme="dark",
    )
    assert filled.faults == ()
    assert filled.attributes() == {
        "data-theme": "dark",
        "data-position": "left",
        "data-name": "Bureau",
        "data-accent": "#f60",
        "data-offset-side": "20",
        "data-invite-exit": "on",
        "data-data-layer": "dataLayer",
    }
    assert InstallForm.read({"sent": "1"}, OWN).attributes() == {"data-credit": "off"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("accent", "rood"),
        ("accent", "#12345"),
        ("name", "x" * 61),
        ("greeting", "x" * 301),
        ("offset_bottom", "veel"),
        ("offset_side", "-1"),
        ("invite_after", "0"),
        ("invite_scroll", "101"),
        ("logo", "logo.png"),
        ("logo", "javascript:alert(1)"),
        ("logo", "https://elders.example/logo.png"),
        ("site", "geen adres"),
        ("site", "https://zaak.nl:port"),
        ("site", "ftp://zaak.nl"),
    ],
)
def test_what_does_not_fit_is_named_and_left_out(field: str, value: str) -> None:
    filled = form(**{"site": "www.zaak.nl", field: value})
    assert filled.faults == (field,)
    assert f"data-{field.replace('_', '-')}" not in filled.attributes()


@pytest.mark.parametrize("logo", ["/logo.png", "https://www.zaak.nl/a/logo.png", f"{OWN}/logo.png"])
def test_a_logo_may_be_of_the_site_or_of_the_advisor(logo: str) -> None:
    assert form(site="www.zaak.nl/over-ons", logo=logo).faults == ()


def test_a_value_that_the_form_does_not_offer_counts_as_none() -> None:
    assert form(theme="blue", position="top", language="de").attributes() == {}


class Scripts(HTMLParser):
    """The attributes and the content of the script elements of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []
        self.code = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag == "script"
        self.found.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        self.code += data


def test_no_text_breaks_out_of_the_line() -> None:
    page = Scripts(html_line(OWN, {"data-name": HOSTILE}))
    assert page.found == [{"src": f"{OWN}/widget.js", "data-name": HOSTILE, "defer": None}]
    assert page.code == ""


def test_no_text_breaks_out_of_the_script_for_google_tag_manager() -> None:
    snippet = tag_manager(OWN, {"data-invite-after": "5", "data-name": HOSTILE})
    page = Scripts(snippet)
    assert page.found == [{}]
    assert "{{" not in snippet, "Google Tag Manager would fill that in"
    literal = page.code.partition("script.dataset, ")[2].partition(");\n")[0]
    assert json.loads(literal.replace("\\!", "!")) == {"inviteAfter": "5", "name": HOSTILE}
