"""What is kept of the talks on a website."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.advice.answer import Answer, QuickReply, Section
from bot.errors import UnknownMessageError
from bot.storage.database import engine
from bot.storage.messages import MessageStore, metadata

HELLO = Answer("nl", (Section(text="Hallo"),), replies=(QuickReply("Help", "help"),))


@pytest.fixture
def store(tmp_path: Path) -> MessageStore:
    return MessageStore(f"sqlite:///{tmp_path}/messages.db")


def test_messages_come_back_in_order_and_whole(store: MessageStore) -> None:
    store.add_answers("a", [HELLO])
    message, new = store.add_user_message("a", "hoi", "id-1")
    store.add_answers("a", [HELLO, HELLO], reply_to=message.position)
    told = store.after("a", 0)
    assert new
    assert [m.position for m in told] == [1, 2, 3, 4]
    assert told[0].answer == HELLO
    assert (told[1].text, told[1].message_id, told[1].answered) == ("hoi", "id-1", True)
    assert [m.position for m in store.after("a", 2)] == [3, 4]


def test_conversations_are_kept_apart(store: MessageStore) -> None:
    store.add_user_message("a", "van a", "same id")
    _, new = store.add_user_message("b", "van b", "same id")
    assert new
    assert [m.text for m in store.after("b", 0)] == ["van b"]
    assert store.last_positions(["a", "b", "c"]) == {"a": 1, "b": 1}


def test_a_message_that_is_sent_twice_counts_once(store: MessageStore) -> None:
    first, _ = store.add_user_message("a", "hoi", "id-1")
    again, new = store.add_user_message("a", "hoi", "id-1")
    assert not new
    assert again == first
    assert len(store.after("a", 0)) == 1


def test_many_at_once_are_numbered_without_gaps_or_doubles(store: MessageStore) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: store.add_user_message("a", f"bericht {n}", f"id-{n % 30}"), range(60)))
    assert [m.position for m in store.after("a", 0)] == list(range(1, 31))


def test_what_got_no_answer_is_found_again_as_long_as_it_is_fresh(store: MessageStore) -> None:
    open_, _ = store.add_user_message("a", "hoi", "1")
    done, _ = store.add_user_message("b", "hoi", "1")
    store.add_answers("b", [HELLO], reply_to=done.position)
    assert store.unanswered(timedelta(hours=1), "") == [open_]
    assert store.unanswered(timedelta(hours=1), "slack-") == []
    assert store.unanswered(timedelta(0), "") == []


def test_a_thumb_is_kept_with_the_question_and_can_be_taken_back(store: MessageStore) -> None:
    store.add_user_message("a", "wat is seo?", "1")
    store.add_answers("a", [HELLO])
    store.set_vote("a", 2, "down")
    ((answer, question),) = store.votes()
    assert (answer.vote, question and question.text) == ("down", "wat is seo?")
    store.set_vote("a", 2, None)
    assert list(store.votes()) == []


@pytest.mark.parametrize(("conversation", "position"), [("a", 1), ("a", 9), ("b", 2)])
def test_only_an_answer_of_the_same_conversation_takes_a_thumb(
    store: MessageStore, conversation: str, position: int
) -> None:
    store.add_user_message("a", "hoi", "1")
    store.add_answers("a", [HELLO])
    with pytest.raises(UnknownMessageError):
        store.set_vote(conversation, position, "up")


def test_looking_for_unanswered_messages_does_not_look_through_the_answered_ones(store: MessageStore) -> None:
    asked: list[tuple[str, object]] = []
    store.conversations()  # creates the table
    sa.event.listen(store.database.engine, "before_cursor_execute", lambda *args: asked.append(args[2:4]))
    assert store.unanswered(timedelta(hours=1), "website-") == []
    ((query, values),) = asked
    with store.database.transaction() as connection:
        plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values).all())
    assert "messages_waiting" in plan


def test_a_database_of_an_earlier_version_gets_the_indexes_it_lacks(tmp_path: Path) -> None:
    database = engine(f"sqlite:///{tmp_path}/older.db")
    metadata.create_all(database)
    with database.begin() as connection:
        connection.exec_driver_sql("DROP INDEX messages_waiting")
    MessageStore(str(database.url)).conversations()
    assert [index["name"] for index in sa.inspect(database).get_indexes("messages")] == ["messages_waiting"]
