"""The README keeps up with the content and the commands."""

from __future__ import annotations

import re
from dataclasses import replace
from unittest.mock import MagicMock

from ruamel.yaml import YAML
from sanic import Sanic

from bot.chat.slack.listeners import Listeners
from bot.chat.website.channel import WebsiteChannel
from bot.cli import GROUPS, app
from bot.forms.fields import FIELDS
from bot.knowledge import Knowledge
from bot.knowledge.brand import Brand
from bot.services import Services
from bot.settings import ROOT, Settings, settings
from bot.web.rate_limits import RateLimiter

WIDGET = ROOT / "bot" / "widget" / "src"
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_file_of_the_knowledge_base_is_described() -> None:
    for path in settings().knowledge.iterdir():
        assert f"`{path.name}{'/' if path.is_dir() else ''}`" in README


def test_every_command_is_described() -> None:
    names = [c.name or c.callback.__name__ for c in app.registered_commands if c.callback]
    for name in names:
        assert f"`{name}" in README
    for group, commands in GROUPS.items():
        for command in commands.registered_commands:
            assert f"{group} {command.name}" in README


def test_the_conversation_shown_is_what_the_advisor_says(knowledge: Knowledge) -> None:
    shown = " ".join(README.split())
    symptom = knowledge.symptoms["visitors_dont_buy"]
    assert symptom.name.nl in shown
    assert symptom.explanation.nl in shown
    assert knowledge.steps[symptom.steps[0]].name.nl in shown
    assert symptom.ask.question.nl in shown
    assert symptom.ask.answers[0].text.nl in shown


def test_every_setting_has_a_description() -> None:
    for name, field in Settings.__fields__.items():
        assert field.field_info.description or name in {"port"}


def test_every_file_that_is_linked_exists() -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / link).exists(), link


def test_the_page_about_the_website_names_every_option_and_route(services: Services) -> None:
    page = (ROOT / "docs" / "website.md").read_text(encoding="utf-8")
    loader = "".join(path.read_text(encoding="utf-8") for path in (WIDGET / "loader").glob("*.ts"))
    options = set(re.findall(r'\.(?:get|number|isOn)\("(\w+)"\)', loader))
    assert len(options) > 10
    of_file = {re.sub(r"_(\w)", lambda letter: letter.group(1).upper(), key) for key in Brand.__fields__}
    assert options - {"greetAfter"} <= of_file
    for option in options | of_file:
        attribute = re.sub(r"[A-Z]", lambda letter: f"-{letter.group().lower()}", option)
        assert f"`data-{attribute}`" in page, option
    package = (WIDGET / "npm" / "index.ts").read_text(encoding="utf-8")
    assert set(re.findall(r"^  (\w+)\?:", package, re.MULTILINE)) == of_file
    interface = (WIDGET / "shared" / "widget.ts").read_text(encoding="utf-8")
    events = re.findall(r"^  (\w+): (?:Record|\{)", interface, re.MULTILINE)
    calls = re.findall(r"^  (\w+)[(<].*;$", interface, re.MULTILINE)
    assert (len(events), len(calls)) == (10, 8)
    assert all(f"`{event}`" in page for event in events)
    assert all(f"`{call}(" in page for call in calls)
    app = Sanic("routes-of-the-website")
    settings = services.settings.copy(update={"secret": "of these tests"})
    app.blueprint(WebsiteChannel(replace(services, settings=settings), RateLimiter()).blueprint())
    routes = {(method, route.path) for route in app.router.routes for method in route.methods}
    assert len(routes) == 5
    assert all(f"`{method} /{path}`" in page for method, path in routes)
    for link in re.findall(r"\]\(([^)#:]+)\)", page):
        assert (ROOT / "docs" / link).exists(), link


def test_the_page_about_slack_explains_every_scope_and_setting() -> None:
    page = (ROOT / "docs" / "slack.md").read_text(encoding="utf-8")
    manifest = YAML(typ="safe").load((ROOT / "deploy" / "slack" / "manifest.yml").read_text(encoding="utf-8"))
    for scope in manifest["oauth_config"]["scopes"]["bot"]:
        assert f"`{scope}`" in page
    for name in Settings.__fields__:
        if name.startswith("slack_") and name != "slack_api_url":
            assert f"KLANTKOMPAS_{name.upper()}" in page
    for link in re.findall(r"\]\(([^)#:]+)\)", page):
        assert (ROOT / "docs" / link).exists(), link


def test_the_page_about_privacy_names_every_store_field_and_command() -> None:
    page = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
    for name in ("intake_db", "messages_db", "conversations_db", "retention_days", "session_days"):
        assert f"KLANTKOMPAS_{name.upper()}" in page
    assert f"{Settings.__fields__['retention_days'].default} days" in page
    for field in FIELDS.values():
        assert not field.is_text or f"`{field.name}`" in page
    for command in GROUPS["privacy"].registered_commands:
        assert f"privacy {command.name}" in page
    kept = re.findall(r'StoredText\("(localStorage|sessionStorage)", ["`]([\w ]+)', _widget_sources())
    assert {where for where, _ in kept} == {"localStorage", "sessionStorage"}
    assert all(where in page for where, _ in kept)
    assert all(key in page for _, key in kept)
    assert "cookie" not in _widget_sources()
    for link in re.findall(r"\]\(([^)#:]+)\)", page):
        assert (ROOT / "docs" / link).exists(), link


def _widget_sources() -> str:
    return "".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot" / "widget" / "src").rglob("*.ts"))


def test_the_manifest_names_what_the_advisor_listens_to() -> None:
    manifest = YAML(typ="safe").load((ROOT / "deploy" / "slack" / "manifest.yml").read_text(encoding="utf-8"))
    app = MagicMock()
    Listeners(MagicMock(), MagicMock()).register(app)
    listened = {
        kind: [call.args[0] for call in getattr(app, kind).call_args_list] for kind in ("command", "shortcut", "event")
    }
    features = manifest["features"]
    assert [command["command"] for command in features["slash_commands"]] == listened["command"]
    assert [shortcut["callback_id"] for shortcut in features["shortcuts"]] == listened["shortcut"]
    subscribed = manifest["settings"]["event_subscriptions"]["bot_events"]
    assert {event.partition(".")[0] for event in subscribed} == set(listened["event"])


def test_the_page_about_understanding_keeps_up_with_the_pipeline() -> None:
    page = (ROOT / "docs" / "understanding.md").read_text(encoding="utf-8")
    for component in YAML(typ="safe").load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]:
        module = component["name"].rpartition(".")[0].replace(".", "/")
        assert not module or f"`{module}.py`" in page, component["name"]
    for link in re.findall(r"\]\(([^)#:]+)\)", page):
        assert (ROOT / "docs" / link).exists(), link
