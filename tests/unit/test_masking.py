"""Addresses and phone numbers are masked where nobody needs them: in logs, and in quotes in Slack."""

from __future__ import annotations

import json
import logging
import sys
import time
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
import structlog

from bot.advice.answer import Answer, Section, UserText
from bot.chat.slack.listeners import Listeners
from bot.knowledge import Knowledge
from bot.observability.masking import mask, mask_event
from bot.presentation import slack


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mail naar jan.de.vries+x@zaak.co.uk.", "mail naar j…@z….uk."),
        ("(jan@zaak.nl) of 06-12345678", "(j…@z….nl) of 06 … 78"),
        ("bel (06 12345678) of (020) 123 45 67", "bel (06 … 78) of 02 … 67"),
        ("bel 06 1234 5678/010-1234567", "bel 06 … 78/01 … 67"),
        ("+31 (0)6 12345678", "+31 … 78"),
        ("0031612345678", "00 … 78"),
        ("Belgisch: 0470 12 34 56", "Belgisch: 04 … 56"),
        ("call +44 20 7946 0958", "call +44 … 58"),
        ("0612345678@kpn.nl", "0…@k….nl"),
    ],
)
def test_addresses_and_numbers_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "order 2023004512 voor € 1.250,00 (21% btw), 1234 AB",
        "30.000 bezoekers, 2.500 kliks en 120 orders in 2024 en 2025",
        "van 01-02-2026 tot 28-02-2026, of op 01-02-2026 10:30",
        "ROAS 3,5 bij 0,45 per klik, 1 250 000 vertoningen",
        "factuur 2024-0000123, KvK 01234567, EAN 8712345678906",
        "112, 14020 en 0800-1234 zijn van niemand",
        "piet@bakkerij en @klantkompas",
        "2026-11-25T12:50:00.123456Z 192.168.1.10 slack-T0123-C0123456789-1700000000.000100-",
    ],
)
def test_other_figures_stay(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    "text", ["w" * 100_000, "a." * 50_000 + "@b", "a-" * 20_000 + "@" + "b-" * 20_000, "06 " * 2000]
)
def test_masking_a_long_text_takes_no_long_time(text: str) -> None:
    started = time.perf_counter()
    mask(text)
    assert time.perf_counter() - started < 5


def test_a_log_line_tells_nobody_s_address_not_even_in_an_exception() -> None:
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.processors.format_exc_info, mask_event],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    try:
        raise ValueError("unexpected: 'jan@zaak.nl, 06 12345678'")
    except ValueError:
        record = logging.LogRecord("bot", logging.ERROR, "f.py", 1, "%s failed", ("rest-jan@zaak.nl",), sys.exc_info())
    told = json.loads(formatter.format(record))
    assert told["event"] == "r…@z….nl failed"
    assert "ValueError: unexpected: 'j…@z….nl, 06 … 78'" in told["exception"]


QUOTING = Answer("nl", (Section(text="Dit is Care", quotes=(UserText("bel 06 12345678 of jan@zaak.nl"),)),))


def test_quotes_in_slack_are_masked_and_fields_of_requests_are_not(knowledge: Knowledge) -> None:
    said = str([m.blocks for m in slack.render(QUOTING, knowledge)])
    assert "“bel 06 … 78 of j…@z….nl”" in said
    summary = Answer("nl", (Section("E-mailadres", value=UserText("jan@zaak.nl")),))
    assert "jan@zaak.nl" in str([m.blocks for m in slack.render(summary, knowledge)])


async def test_a_question_that_is_shared_with_a_channel_is_masked(knowledge: Knowledge) -> None:
    told: list[dict[str, Any]] = []

    async def respond(**message: Any) -> None:
        told.append(message)

    question = "Klant jan@zaak.nl (06 12345678) zegt op"
    messages = SimpleNamespace(answer_and_question=lambda *_: (QUOTING, question))
    work: list[Any] = []
    conversations: Any = SimpleNamespace(
        services=SimpleNamespace(messages=messages, knowledge=knowledge),
        render=AsyncMock(side_effect=lambda answer: slack.render(answer, knowledge)),
        spawn=lambda coroutine, _: work.append(coroutine),
    )
    body = {"team": {"id": "T1"}, "channel": {"id": "C1"}, "user": {"id": "U1"}, "container": {"is_ephemeral": True}}
    ack: Any = AsyncMock()
    await Listeners(conversations, Mock()).share(ack, body, {"value": "2"}, respond)  # type: ignore[arg-type]
    await work[0]
    assert "Klant j…@z….nl (06 … 78) zegt op" in str(told[0]["blocks"])
    assert "jan@zaak.nl" not in str(told)
    assert "12345678" not in str(told)
