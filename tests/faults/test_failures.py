"""Whatever fails inside, the visitor is told so in his own language, the log knows, and the message is kept."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rasa.utils.endpoints import EndpointConfig
from rasa_sdk.executor import ActionExecutor

from bot.advice.answer import Answer
from bot.chat.turns import TurnService
from bot.errors import LockTimeoutError, StorageError
from bot.knowledge import Language
from bot.rasa_adapter.assistant import Assistant
from bot.services import Services
from bot.storage.messages import MessageStore
from tests.support.locks import TimedOutLocks

TEXT = {"nl": "klanten komen niet terug", "en": "customers buy once and never come back"}


class Channel:
    """Stores and answers messages as the website channel does, and checks that each is marked as answered."""

    def __init__(self, turns: TurnService) -> None:
        self.turns = turns
        self.assistant = turns.assistant
        self.agent = turns.assistant.agent
        self.store = turns.services.messages

    async def ask(self, language: Language, conversation: str, text: str | None = None) -> list[Answer]:
        """The answers to one message; it is stored, and marked as answered."""
        text = text or TEXT[language]
        message, _ = await asyncio.to_thread(
            self.store.add_user_message, conversation, text, f"id {time.monotonic_ns()}"
        )
        answers = await self.turns.answer_stored(message, language)
        assert await asyncio.to_thread(self.store.is_answered, conversation, message.position)
        stored = await asyncio.to_thread(self.store.after, conversation, message.position - 1)
        assert stored[0].text == text
        return [m.answer for m in answers if m.answer]

    async def gets_an_apology(self, language: Language, conversation: str, text: str | None = None) -> bool:
        """Whether the answer to one message is an apology in a language, with a way on."""
        return self.is_apology(await self.ask(language, conversation, text), language)

    def is_apology(self, answers: list[Answer], language: Language) -> bool:
        """Whether this is an apology in that language, with a way on."""
        (answer,) = answers
        apology = self.turns.services.knowledge.phrase("apology", language)
        return answer.sections[0].text == apology and bool(answer.replies)


@pytest.fixture
def channel(assistant: Assistant, services: Services, tmp_path: Path) -> Channel:
    """A channel with a message store of its own."""
    messages = MessageStore(f"sqlite:///{tmp_path}/messages.db")
    return Channel(TurnService(assistant, replace(services, messages=messages)))


@pytest.fixture
def failing_log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """The log, of which something is expected."""
    caplog.set_level(logging.ERROR)
    yield caplog
    lines = [record.getMessage() for record in caplog.get_records("call")]
    assert lines, "a failure leaves a line in the log"
    assert not any(said in line for said in TEXT.values() for line in lines), "what visitors say stays out of the log"


async def fail(*_: object) -> None:
    """What an action does that was written badly."""
    raise KeyError("phase")


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_an_action_that_raises_ends_in_an_apology(
    channel: Channel, language: Language, monkeypatch: pytest.MonkeyPatch, failing_log: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ActionExecutor, "run", fail)
    assert await channel.gets_an_apology(language, f"raises {language}")


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_an_action_that_hangs_ends_in_an_apology_and_the_next_message_is_answered(
    channel: Channel, language: Language, monkeypatch: pytest.MonkeyPatch, failing_log: pytest.LogCaptureFixture
) -> None:
    async def hang(*_: object) -> None:
        await asyncio.sleep(3600)

    impatient = Channel(TurnService(channel.assistant, channel.turns.services, timeout=0.5))
    with monkeypatch.context() as hanging:
        hanging.setattr(ActionExecutor, "run", hang)
        assert await impatient.gets_an_apology(language, f"hangs {language}")
    (answer,) = await channel.ask(language, f"hangs {language}")
    assert answer.phase == "care"


async def test_an_action_server_that_is_down_ends_in_an_apology(
    channel: Channel, monkeypatch: pytest.MonkeyPatch, failing_log: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(channel.agent.processor, "action_endpoint", EndpointConfig("http://127.0.0.1:9/webhook"))
    assert await channel.gets_an_apology("en", "no action server")


async def test_a_prediction_of_nothing_ends_in_an_apology(
    channel: Channel, monkeypatch: pytest.MonkeyPatch, failing_log: pytest.LogCaptureFixture
) -> None:
    async def listen(*_: object) -> None:
        """What Rasa does when no policy knows of an action."""

    monkeypatch.setattr(channel.agent.processor, "_run_prediction_loop", listen)
    assert await channel.gets_an_apology("en", "no prediction")


async def test_waiting_in_vain_for_the_message_before_ends_in_an_apology(
    channel: Channel, monkeypatch: pytest.MonkeyPatch, failing_log: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(channel.agent, "lock_store", TimedOutLocks())
    assert await channel.gets_an_apology("nl", "locked")


@pytest.mark.parametrize("method", ["retrieve", "save"])
async def test_a_record_of_conversations_that_is_down_loses_no_message(
    channel: Channel, method: str, monkeypatch: pytest.MonkeyPatch, failing_log: pytest.LogCaptureFixture
) -> None:
    async def down(*_: object) -> None:
        raise StorageError("server closed the connection")

    with monkeypatch.context() as failing:
        failing.setattr(type(channel.agent.tracker_store), method, down)
        answers = await channel.ask("en", f"down {method}")
    assert channel.is_apology(answers, "en")
    (answer,) = await channel.ask("en", f"down {method}")
    assert answer.phase == "care"


async def test_an_answer_that_cannot_be_kept_at_once_is_kept_a_little_later_and_rasa_hears_nothing_twice(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    add, tries = channel.store.add_answers, []

    def busy_once(*args: object, **kwargs: object) -> object:
        tries.append(args)
        if len(tries) == 1:
            raise StorageError("database is locked")
        return add(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(channel.store, "add_answers", busy_once)
    (answer,) = await channel.ask("nl", "kept later")
    assert answer.phase == "care"
    tracker = await channel.agent.tracker_store.retrieve_full_tracker("kept later")
    assert tracker is not None
    assert [event.type_name for event in tracker.events].count("user") == 1


async def test_who_comes_late_does_not_apologise_for_somebody_who_is_at_it(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, _ = channel.store.add_user_message("late", TEXT["nl"], "1")
    with monkeypatch.context() as held:
        held.setattr(channel.agent, "lock_store", TimedOutLocks())
        with pytest.raises(LockTimeoutError):
            await channel.turns.answer_stored(message, is_retry=True)
        assert not channel.store.answers_to("late", message.position)
    (told,) = await channel.turns.answer_stored(message, "nl")
    monkeypatch.setattr(channel.agent, "lock_store", TimedOutLocks())
    assert await channel.turns.answer_stored(message) == [told]


async def test_the_apology_is_in_the_language_of_the_talk_whatever_the_page_speaks(
    channel: Channel, monkeypatch: pytest.MonkeyPatch, failing_log: pytest.LogCaptureFixture
) -> None:
    await channel.ask("en", "english talk")
    monkeypatch.setattr(ActionExecutor, "run", fail)
    assert channel.is_apology(await channel.ask("nl", "english talk", "hm"), "en")


async def test_a_message_is_answered_once_whoever_asks(channel: Channel) -> None:
    store = channel.store
    message, _ = await asyncio.to_thread(store.add_user_message, "once", TEXT["nl"], "1")
    tries = (channel.turns.answer_stored(message) for _ in range(5))
    first, *others = await asyncio.gather(*tries)
    assert all([m.position for m in other] == [m.position for m in first] for other in others)
    assert len(await asyncio.to_thread(store.after, "once", 0)) == 1 + len(first)


@pytest.mark.parametrize("jump", [-7200, 7200, 40 * 86400])
async def test_a_clock_that_jumps_loses_neither_the_talk_nor_its_order(
    channel: Channel, monkeypatch: pytest.MonkeyPatch, jump: int
) -> None:
    talk, now = f"clock {jump}", time.time
    await channel.ask("nl", talk)
    monkeypatch.setattr(time, "time", lambda: now() + jump)
    (answer,) = await channel.ask("nl", talk, "hoe meet ik dat?")
    assert (answer.phase, answer.topic) == ("care", "measurement")
    said = await asyncio.to_thread(channel.store.after, talk, 0)
    assert [m.text for m in said if m.text] == [TEXT["nl"], "hoe meet ik dat?"]


async def test_what_was_said_first_is_answered_first_even_if_it_comes_to_its_turn_later(channel: Channel) -> None:
    store = channel.store
    first, _ = await asyncio.to_thread(store.add_user_message, "order", TEXT["nl"], "1")
    second, _ = await asyncio.to_thread(store.add_user_message, "order", "hoe meet ik dat?", "2")
    (after,) = await channel.turns.answer_stored(second)
    (before,) = await channel.turns.answer_stored(first)
    assert before.position < after.position
    assert after.answer is not None
    assert (after.answer.phase, after.answer.topic) == ("care", "measurement")
