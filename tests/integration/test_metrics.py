"""What the server counts, and who may read it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog
from prometheus_client import REGISTRY
from rasa_sdk.executor import ActionExecutor

from bot.chat.turns import IncomingMessage, TurnService
from bot.observability import logs, metrics
from bot.web.metrics_route import Readers, may_read


def counted(name: str, **labels: str) -> float:
    """The value of a figure."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_a_turn_is_counted_with_its_intent_its_phase_and_its_time(turns: TurnService) -> None:
    names = {
        "klantkompas_turns_total": {"channel": "metrics", "outcome": "answered"},
        "klantkompas_turn_seconds_count": {"channel": "metrics"},
        "klantkompas_intents_total": {"intent": "struggle_care"},
        "klantkompas_phases_total": {"phase": "care"},
    }
    before = {name: counted(name, **labels) for name, labels in names.items()}
    await turns.answer(IncomingMessage("klanten komen niet terug", "metrics-one"))
    assert {name: counted(name, **labels) - before[name] for name, labels in names.items()} == dict.fromkeys(names, 1)
    assert counted("klantkompas_queue") == 0


async def test_what_is_not_understood_is_counted(turns: TurnService) -> None:
    def fallbacks() -> float:
        return sum(counted("klantkompas_fallbacks_total", intent=intent) for intent in metrics.NOT_UNDERSTOOD)

    before = fallbacks()
    await turns.answer(IncomingMessage("hoe laat gaat de trein naar Zwolle?", "metrics-two"))
    assert fallbacks() == before + 1


async def test_an_apology_and_its_error_are_counted(turns: TurnService, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise KeyError

    monkeypatch.setattr(ActionExecutor, "run", fail)
    handler = metrics.ErrorCounter()
    logging.getLogger().addHandler(handler)
    try:
        before = counted("klantkompas_turns_total", channel="metrics", outcome="apologised")
        errors = counted("klantkompas_errors_total", part="bot.chat.turns")
        await turns.answer(IncomingMessage("klanten komen niet terug", "metrics-three"))
    finally:
        logging.getLogger().removeHandler(handler)
    assert counted("klantkompas_turns_total", channel="metrics", outcome="apologised") == before + 1
    assert counted("klantkompas_errors_total", part="bot.chat.turns") == errors + 1


@pytest.mark.parametrize(
    ("who", "address", "headers", "may"),
    [
        ("loopback", "127.0.0.1", {}, True),
        ("loopback", "::1", {}, True),
        ("loopback", "10.0.0.7", {}, False),
        ("loopback", "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, False),
        ("everyone", "10.0.0.7", {"X-Forwarded-For": "8.8.8.8"}, True),
        ("off", "127.0.0.1", {}, False),
    ],
)
def test_figures_are_for_this_machine_unless_told_otherwise(
    who: Readers, address: str, headers: dict[str, str], may: bool
) -> None:
    assert may_read(who, address, headers) is may


@contextmanager
def json_lines() -> Iterator[None]:
    """Logging as `serve` sets it up."""
    root = logging.getLogger()
    handlers, level, structured = root.handlers, root.level, structlog.get_config()
    try:
        logs.configure("json")
        yield
    finally:
        root.handlers, root.level = handlers, level
        structlog.configure(**structured)


def test_what_rasa_logs_goes_the_same_way_and_is_masked(capsys: pytest.CaptureFixture[str]) -> None:
    log = structlog.get_logger("rasa.somewhere")
    with json_lines():
        log.info("nobody reads this")
        log.error("a.failure", event_info="of jan@bakkerij.nl")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["level"], line["logger"]) == ("a.failure", "error", "rasa.somewhere")
    assert "jan@" not in line["event_info"]


def test_a_line_of_the_log_tells_turn_and_conversation(capsys: pytest.CaptureFixture[str]) -> None:
    with json_lines(), logs.log_context(channel="website", conversation="website-abc") as turn:
        logging.getLogger("bot.somewhere").error("It failed for %s", "a reason")
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "It failed for a reason"
    assert (line["turn"], line["channel"], line["conversation"]) == (turn, "website", "website-abc")
    assert (line["level"], line["logger"]) == ("error", "bot.somewhere")
