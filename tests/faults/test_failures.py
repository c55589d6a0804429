"""Whatever fails inside, the visitor is told so in his own language, the log knows, and the message is kept."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rasa.core.agent import Agent
from rasa.core.lock_store import LockError
from rasa.utils.endpoints import EndpointConfig
from rasa_sdk.executor import ActionExecutor
from sqlalchemy.exc import OperationalError

from bot.advice.answer import Answer
from bot.channels import conversation
from bot.channels.messages import MessageStore
from bot.knowledge import Knowledge, Language
from bot.stores.locks import ProcessLocks

SAID = {"nl": "klanten komen niet terug", "en": "customers buy once and never come back"}


@pytest.fixture
def store(tmp_path: Path) -> MessageStore:
    """Where the messages of a test are kept."""
    return MessageStore(f"sqlite:///{tmp_path}/messages.db")


@pytest.fixture
def failing_log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """The log, of which something is expected."""
    caplog.set_level(logging.ERROR)
    yield caplog
    lines = [record.getMessage() for record in caplog.get_records("call")]
    assert lines, "a failure leaves a line in the log"
    assert not any(said in line for said in SAID.values() for line in lines), "what visitors say stays out of the log"


async def ask(agent: Agent, store: MessageStore, language: Language, talk: str) -> list[Answer]:
    """One message as the website sends it; it is kept, and so is what was answered."""
    message, _ = await asyncio.to_thread(store.add_visitors, talk, SAID[language], f"id {time.monotonic_ns()}")
    answers = await conversation.answer_kept(agent, store, message, "website", language=language)
    assert await asyncio.to_thread(store.is_answered, talk, message.position)
    kept = await asyncio.to_thread(store.after, talk, 0)
    assert [m.text for m in kept if m.position == message.position] == [SAID[language]]
    return [m.answer for m in answers if m.answer]


def is_apology(answers: list[Answer], knowledge: Knowledge, language: Language) -> bool:
    """Whether this is one apology, in that language, with a way on."""
    (answer,) = answers
    return answer.sections[0].text == knowledge.phrase("apology", language) and bool(answer.replies)


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_an_action_that_raises_ends_in_an_apology(
    agent: Agent,
    store: MessageStore,
    knowledge: Knowledge,
    language: Language,
    monkeypatch: pytest.MonkeyPatch,
    failing_log: pytest.LogCaptureFixture,
) -> None:
    async def fail(*_: object) -> None:
        raise KeyError("phase")

    monkeypatch.setattr(ActionExecutor, "run", fail)
    assert is_apology(await ask(agent, store, language, f"raises {language}"), knowledge, language)


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_an_action_that_hangs_ends_in_an_apology_and_the_next_message_is_answered(
    agent: Agent,
    store: MessageStore,
    knowledge: Knowledge,
    language: Language,
    monkeypatch: pytest.MonkeyPatch,
    failing_log: pytest.LogCaptureFixture,
) -> None:
    async def hang(*_: object) -> None:
        await asyncio.sleep(3600)

    monkeypatch.setattr(conversation, "PATIENCE", 0.5)
    with monkeypatch.context() as hanging:
        hanging.setattr(ActionExecutor, "run", hang)
        assert is_apology(await ask(agent, store, language, f"hangs {language}"), knowledge, language)
    monkeypatch.setattr(conversation, "PATIENCE", 20)
    (answer,) = await ask(agent, store, language, f"hangs {language}")
    assert answer.phase == "care"


async def test_an_action_server_that_is_down_ends_in_an_apology(
    agent: Agent,
    store: MessageStore,
    knowledge: Knowledge,
    monkeypatch: pytest.MonkeyPatch,
    failing_log: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(agent.processor, "action_endpoint", EndpointConfig("http://127.0.0.1:9/webhook"))
    assert is_apology(await ask(agent, store, "en", "no action server"), knowledge, "en")


async def test_a_prediction_of_nothing_ends_in_an_apology(
    agent: Agent,
    store: MessageStore,
    knowledge: Knowledge,
    monkeypatch: pytest.MonkeyPatch,
    failing_log: pytest.LogCaptureFixture,
) -> None:
    async def listen(*_: object) -> None:
        """What Rasa does when no policy knows of an action."""

    monkeypatch.setattr(agent.processor, "_run_prediction_loop", listen)
    assert is_apology(await ask(agent, store, "en", "no prediction"), knowledge, "en")


async def test_waiting_in_vain_for_the_message_before_ends_in_an_apology(
    agent: Agent,
    store: MessageStore,
    knowledge: Knowledge,
    monkeypatch: pytest.MonkeyPatch,
    failing_log: pytest.LogCaptureFixture,
) -> None:
    class Busy(ProcessLocks):
        def lock(self, *_: object) -> object:  # type: ignore[override]
            raise LockError("waited 60 s")

    monkeypatch.setattr(agent, "lock_store", Busy())
    assert is_apology(await ask(agent, store, "nl", "locked"), knowledge, "nl")


@pytest.mark.parametrize("method", ["retrieve", "save"])
async def test_a_record_of_conversations_that_is_down_ends_in_an_apology(
    method: str,
    agent: Agent,
    store: MessageStore,
    knowledge: Knowledge,
    monkeypatch: pytest.MonkeyPatch,
    failing_log: pytest.LogCaptureFixture,
) -> None:
    async def down(*_: object) -> None:
        raise OperationalError("SELECT ...", {}, Exception("server closed the connection"))

    with monkeypatch.context() as failing:
        failing.setattr(type(agent.tracker_store), method, down)
        answers = await ask(agent, store, "en", f"down {method}")
    assert is_apology(answers, knowledge, "en") or (method == "save" and answers[0].phase == "care")
    (answer,) = await ask(agent, store, "en", f"down {method}")
    assert answer.phase == "care"


async def test_the_apology_is_in_the_language_of_the_talk_whatever_the_page_speaks(
    agent: Agent,
    store: MessageStore,
    knowledge: Knowledge,
    monkeypatch: pytest.MonkeyPatch,
    failing_log: pytest.LogCaptureFixture,
) -> None:
    async def fail(*_: object) -> None:
        raise KeyError

    await ask(agent, store, "en", "english talk")
    monkeypatch.setattr(ActionExecutor, "run", fail)
    message, _ = await asyncio.to_thread(store.add_visitors, "english talk", "hm", "hm")
    (kept,) = await conversation.answer_kept(agent, store, message, "website", language="nl")
    assert kept.answer is not None
    assert is_apology([kept.answer], knowledge, "en")


async def test_a_message_is_answered_once_whoever_asks(agent: Agent, store: MessageStore) -> None:
    message, _ = await asyncio.to_thread(store.add_visitors, "once", SAID["nl"], "1")
    tries = (conversation.answer_kept(agent, store, message, "website") for _ in range(5))
    first, *others = await asyncio.gather(*tries)
    assert all([m.position for m in other] == [m.position for m in first] for other in others)
    assert len(await asyncio.to_thread(store.after, "once", 0)) == 1 + len(first)


@pytest.mark.parametrize("jump", [-7200, 7200, 40 * 86400])
async def test_a_clock_that_jumps_loses_neither_the_talk_nor_its_order(
    agent: Agent, store: MessageStore, monkeypatch: pytest.MonkeyPatch, jump: int
) -> None:
    talk, now = f"clock {jump}", time.time
    await ask(agent, store, "nl", talk)
    monkeypatch.setattr(time, "time", lambda: now() + jump)
    message, _ = await asyncio.to_thread(store.add_visitors, talk, "hoe meet ik dat?", "later")
    (kept,) = await conversation.answer_kept(agent, store, message, "website")
    assert kept.answer is not None
    assert (kept.answer.phase, kept.answer.topic) == ("care", "measurement")
    said = await asyncio.to_thread(store.after, talk, 0)
    assert [m.text for m in said if m.text] == [SAID["nl"], "hoe meet ik dat?"]
