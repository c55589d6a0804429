"""The privacy commands, and the daily purge of a server."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.errors import StorageError
from bot.privacy import purge as daily
from bot.privacy.records import Records
from bot.settings import Settings, settings
from bot.storage.visits import Visit
from tests.support.stores import Stores


@pytest.fixture
def command(files: Stores, monkeypatch: pytest.MonkeyPatch) -> Stores:
    """The commands work on these stores."""
    for name, url in zip(("intake_db", "messages_db", "conversations_db"), files.urls, strict=True):
        monkeypatch.setattr(settings(), name, url)
    return files


def run(*arguments: str, answer: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(app, ["privacy", *arguments], input=answer, env={"COLUMNS": "200"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, " ".join(result.output.split())


def test_an_export_tells_all_that_is_kept_so_that_people_can_read_it(command: Stores, tmp_path: Path) -> None:
    command.say("website-1", "één vraag van jan@zaak.nl")
    command.messages.set_vote("website-1", 2, "down")
    command.intake.note_visit("website-1", Visit("https://zaak.nl/prijzen", campaign={"utm_source": "krant"}))
    number = command.ask("website-1", email="jan@zaak.nl", competitor_url="https://rivaal.nl")
    command.intake.note_visit("website-1", Visit("https://zaak.nl/contact"))
    command.intake.claim(number, timedelta(0))
    command.intake.posted(number, "C1 1700000000.1")
    command.say("website-2", "geheim van piet")
    file = tmp_path / "jan.json"
    assert run("export", "jan@zaak.nl", str(file))[0] == 0
    written = file.read_text(encoding="utf-8")
    assert "één vraag van jan@zaak.nl" in written
    assert "piet" not in written
    assert file.stat().st_mode & 0o077 == 0, "only its owner may read it"
    told = json.loads(written)
    (request,) = told["requests"]
    assert request["filled_in"] == {"email": "jan@zaak.nl", "competitor_url": "https://rivaal.nl"}
    assert request["consent"]["text"] == "we bewaren dit"
    assert len(request["consent"]["version"]) == 8
    assert request["consent"]["given_at"] == request["received_at"]
    assert request["post_in_slack"] == "C1 1700000000.1"
    assert request["made_at_page"] == {"address": "https://zaak.nl/prijzen", "campaign": {"utm_source": "krant"}}
    (talk,) = told["conversations"]
    assert talk["page"] == {"address": "https://zaak.nl/contact", "campaign": {"utm_source": "krant"}}
    assert [(m["from"], m.get("thumb")) for m in talk["messages"]] == [("visitor", None), ("advisor", "down")]
    assert [e["event"] for e in talk["record_of_rasa"]].count("user") == 1
    assert set(told) - {"about", "made_at"} <= set(told["about"])


def test_forget_shows_and_asks_before_it_deletes(command: Stores) -> None:
    command.say("website-1", "ik ben [bold]jan@zaak.nl[/nl]")
    command.intake.note_visit("website-1", Visit("https://zaak.nl/prijzen"))
    number = command.ask("website-1", email="jan@zaak.nl")
    command.intake.claim(number, timedelta(0))
    command.intake.posted(number, "C1 1700000000.1")
    code, output = run("forget", "jan@zaak.nl", answer="n\n")
    assert code == 1
    assert "ik ben [bold]jan@zaak.nl[/nl]" in output
    assert "Nothing was deleted." in output
    assert command.found("jan@zaak.nl") == (["website-1"], [number])
    code, output = run("forget", "jan@zaak.nl", "--yes")
    assert code == 0
    assert "Deleted: 1 requests, 2 messages, 6 tracker events." in output
    assert "nothing is left" in output
    assert command.intake.visit_now("website-1") is None
    assert "in channel C1 the message of 1700000000.1" in output
    assert run("forget", "jan@zaak.nl", "--yes") == (1, "Nothing is kept of jan@zaak.nl.")


def test_forget_says_so_if_something_is_left(command: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    command.say("website-1", "jan@zaak.nl")
    delete = Records.forget

    def talks_on(records: Records, found: Any) -> Any:
        deleted = delete(records, found)
        command.say("website-1", "ik ben er nog: jan@zaak.nl")
        return deleted

    monkeypatch.setattr(Records, "forget", talks_on)
    code, output = run("forget", "jan@zaak.nl", "--yes")
    assert code == 1
    assert "Something is left" in output


def test_whom_nobody_can_look_for_is_explained(command: Stores) -> None:
    code, output = run("forget", "Jan de Vries", "--yes")
    assert code == 2
    assert "'Jan de Vries' identifies no person" in output


def test_purge_goes_by_the_setting_or_by_days(command: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    command.say("website-1", "hoi", days_ago=40)
    assert "Older than 90 days, so deleted: 0 requests, 0 messages" in run("purge")[1]
    assert "Older than 50 days, so deleted: 0 requests, 0 messages" in run("purge", "--days", "50")[1]
    monkeypatch.setattr(settings(), "retention_days", 30)
    assert "Older than 30 days, so deleted: 0 requests, 2 messages" in run("purge")[1]
    assert run("purge", "--days", "0")[0] == 2


async def test_a_server_purges_by_itself_and_tries_again_after_a_failure(
    command: Stores, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    command.say("website-1", "hoi", days_ago=91)
    purge, calls = daily.purge, []

    def fails_first(settings: Settings) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise StorageError("gone")
        return purge(settings)

    monkeypatch.setattr(daily, "purge", fails_first)
    monkeypatch.setattr(daily, "RETRY_AFTER", 0.01)
    task = asyncio.create_task(daily.purge_daily(settings()))
    deadline = time.monotonic() + 10
    while command.messages.conversations() or "deleted 0 requests, 2 messages" not in caplog.text:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    assert "periodic work failed: retention purge" in caplog.text
    assert not task.done()
    task.cancel()


def test_a_server_begins_and_ends_with_it(command: Stores) -> None:
    listeners_of: dict[str, Any] = {}
    server = SimpleNamespace(
        ctx=SimpleNamespace(), register_listener=lambda listener, event: listeners_of.update({event: listener})
    )
    daily.register(server, settings())
    command.say("website-1", "hoi", days_ago=91)

    async def live() -> None:
        await listeners_of["after_server_start"](server, None)
        deadline = time.monotonic() + 10
        while command.messages.conversations():
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        await listeners_of["before_server_stop"](server, None)
        with pytest.raises(asyncio.CancelledError):
            await server.ctx.purging

    asyncio.run(live())


def test_it_works_without_rasa() -> None:
    code = "import sys, bot.privacy.records, bot.privacy.purge; sys.exit('rasa' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
