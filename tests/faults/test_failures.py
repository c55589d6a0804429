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
from bot.chat import turns as conversation
from bot.knowledge import Knowledge, Language
from bot.storage.messages import MessageStore
from tests.locks import NeverOurs

SAID = {"nl": "klanten komen niet terug", "en": "customers buy once and never come back"}


class Visitor:
    """Says something as the website hands it over, and looks what became of it."""

    def __init__(self, agent: Agent, store: MessageStore, knowledge: Knowledge) -> None:
        self.agent = agent
        self.store = store
        self._knowledge = knowledge

    async def ask(self, language: Language, talk: str, text: str | None = None) -> list[Answer]:
        """The answers to one message; it is kept, and so is that it was answered."""
        said = text or SAID[language]
        message, _ = await asyncio.to_thread(self.store.add_visitors, talk, said, f"id {time.monotonic_ns()}")
        answers = await conversation.answer_kept(self.agent, self.store, message, "website", language=language)
        assert await asyncio.to_thread(self.store.is_answered, talk, message.position)
        kept = await asyncio.to_thread(self.store.after, talk, message.position - 1)
        assert kept[0].text == said
        return [m.answer for m in answers if m.answer]

    async def gets_an_apology(self, language: Language, talk: str, text: str | None = None) -> bool:
        """Whether the answer to one message is an apology in a language, with a way on."""
        answers = await self.ask(language, talk, text)
        return self.is_apology(answers, language)

    def is_apology(self, answers: list[Answer], language: Language) -> bool:
        """Whether this is one, in that language, with a way on."""
        (answer,) = answers
        return answer.sections[0].text == self._knowledge.phrase("apology", language) and bool(answer.replies)


@pytest.fixture
def visitor(agent: Agent, knowledge: Knowledge, tmp_path: Path) -> Visitor:
    """A visitor whose messages are kept in a database of their own."""
    return Visitor(agent, MessageStore(f"sqlite:///{tmp_path}/messages.db"), knowledge)


@pytest.fixture
def failing_log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """The log, of which something is expected."""
    caplog.set_level(logging.ERROR)
    yield caplog
    lines = [record.getMessage() for record in caplog.get_records("call")]
    assert lines, "a failure leaves a line in the log"
    assert not any(said in line for said in SAID.values() for line in lines), "what visitors say stays out of the log"


async def fail(*_: object) -> None:
    """What an action does that was written badly."""
    raise KeyError("phase")


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_an_action_that_raises_ends_in_an_apology(
    visitor: Visitor, language: Language, monkeypatch: pytest.MonkeyPatch, failing_log: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ActionExecutor, "run", fail)
    assert await visitor.gets_an_apology(language, f"raises {language}")


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_an_action_that_hangs_ends_in_an_apology_and_the_next_message_is_answered(
    visitor: Visitor, language: Language, monkeypatch: pytest.MonkeyPatch, failing_log: pytest.LogCaptureFixture
) -> None:
    async def hang(*_: object) -> None:
        await asyncio.sleep(3600)

    monkeypatch.setattr(conversation, "PATIENCE", 0.5)
    with monkeypatch.context() as hanging:
        hanging.setattr(ActionExecutor, "run", hang)
        assert await visitor.gets_an_apology(language, f"hangs {language}")
    monkeypatch.setattr(conversation, "PATIENCE", 20)
    (answer,) = await visitor.ask(language, f"hangs {language}")
    assert answer.phase == "care"


async def test_an_action_server_that_is_down_ends_in_an_apology(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, failing_log: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(visitor.agent.processor, "action_endpoint", EndpointConfig("http://127.0.0.1:9/webhook"))
    assert await visitor.gets_an_apology("en", "no action server")


async def test_a_prediction_of_nothing_ends_in_an_apology(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, failing_log: pytest.LogCaptureFixture
) -> None:
    async def listen(*_: object) -> None:
        """What Rasa does when no policy knows of an action."""

    monkeypatch.setattr(visitor.agent.processor, "_run_prediction_loop", listen)
    assert await visitor.gets_an_apology("en", "no prediction")


async def test_waiting_in_vain_for_the_message_before_ends_in_an_apology(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, failing_log: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(visitor.agent, "lock_store", NeverOurs())
    assert await visitor.gets_an_apology("nl", "locked")


@pytest.mark.parametrize("method", ["retrieve", "save"])
async def test_a_record_of_conversations_that_is_down_loses_no_message(
    visitor: Visitor, method: str, monkeypatch: pytest.MonkeyPatch, failing_log: pytest.LogCaptureFixture
) -> None:
    async def down(*_: object) -> None:
        raise OperationalError("SELECT ...", {}, Exception("server closed the connection"))

    with monkeypatch.context() as failing:
        failing.setattr(type(visitor.agent.tracker_store), method, down)
        answers = await visitor.ask("en", f"down {method}")
    assert visitor.is_apology(answers, "en")
    (answer,) = await visitor.ask("en", f"down {method}")
    assert answer.phase == "care"


async def test_an_answer_that_cannot_be_kept_at_once_is_kept_a_little_later_and_rasa_hears_nothing_twice(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    add, tries = visitor.store.add_answers, []

    def busy_once(*args: object, **kwargs: object) -> object:
        tries.append(args)
        if len(tries) == 1:
            raise OperationalError("", {}, Exception("database is locked"))
        return add(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(visitor.store, "add_answers", busy_once)
    (answer,) = await visitor.ask("nl", "kept later")
    assert answer.phase == "care"
    tracker = await visitor.agent.tracker_store.retrieve_full_tracker("kept later")
    assert tracker is not None
    assert [event.type_name for event in tracker.events].count("user") == 1


async def test_who_comes_late_does_not_apologise_for_somebody_who_is_at_it(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, _ = visitor.store.add_visitors("late", SAID["nl"], "1")
    with monkeypatch.context() as held:
        held.setattr(visitor.agent, "lock_store", NeverOurs())
        with pytest.raises(LockError):
            await conversation.answer_kept(visitor.agent, visitor.store, message, "website", late=True)
        assert not visitor.store.answers_to("late", message.position)
    (told,) = await conversation.answer_kept(visitor.agent, visitor.store, message, "website", language="nl")
    monkeypatch.setattr(visitor.agent, "lock_store", NeverOurs())
    assert await conversation.answer_kept(visitor.agent, visitor.store, message, "website") == [told]


async def test_the_apology_is_in_the_language_of_the_talk_whatever_the_page_speaks(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, failing_log: pytest.LogCaptureFixture
) -> None:
    await visitor.ask("en", "english talk")
    monkeypatch.setattr(ActionExecutor, "run", fail)
    assert visitor.is_apology(await visitor.ask("nl", "english talk", "hm"), "en")


async def test_a_message_is_answered_once_whoever_asks(visitor: Visitor) -> None:
    store = visitor.store
    message, _ = await asyncio.to_thread(store.add_visitors, "once", SAID["nl"], "1")
    tries = (conversation.answer_kept(visitor.agent, store, message, "website") for _ in range(5))
    first, *others = await asyncio.gather(*tries)
    assert all([m.position for m in other] == [m.position for m in first] for other in others)
    assert len(await asyncio.to_thread(store.after, "once", 0)) == 1 + len(first)


@pytest.mark.parametrize("jump", [-7200, 7200, 40 * 86400])
async def test_a_clock_that_jumps_loses_neither_the_talk_nor_its_order(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, jump: int
) -> None:
    talk, now = f"clock {jump}", time.time
    await visitor.ask("nl", talk)
    monkeypatch.setattr(time, "time", lambda: now() + jump)
    (answer,) = await visitor.ask("nl", talk, "hoe meet ik dat?")
    assert (answer.phase, answer.topic) == ("care", "measurement")
    said = await asyncio.to_thread(visitor.store.after, talk, 0)
    assert [m.text for m in said if m.text] == [SAID["nl"], "hoe meet ik dat?"]


async def test_what_was_said_first_is_answered_first_even_if_it_comes_to_its_turn_later(visitor: Visitor) -> None:
    store = visitor.store
    first, _ = await asyncio.to_thread(store.add_visitors, "order", SAID["nl"], "1")
    second, _ = await asyncio.to_thread(store.add_visitors, "order", "hoe meet ik dat?", "2")
    (after,) = await conversation.answer_kept(visitor.agent, store, second, "website")
    (before,) = await conversation.answer_kept(visitor.agent, store, first, "website")
    assert before.position < after.position
    assert after.answer is not None
    assert (after.answer.phase, after.answer.topic) == ("care", "measurement")
