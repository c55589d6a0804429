"""One person's data over all stores: found, handed over, deleted; and what is too old, deleted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import sqlalchemy as sa
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy.engine import Engine

from bot.forms import parsing as validation
from bot.observability.masking import phone_numbers
from bot.presentation import markdown
from bot.settings import settings
from bot.storage.database import engine
from bot.storage.messages import Message, MessageStore, message_store
from bot.storage.requests import IntakeStore, StoredRequest, intake_store
from bot.storage.tracker_events import EventStore

CONVERSATION = re.compile(r"(website|slack|rest)-.+|terminal")
"""How the ids of conversations begin, by channel."""
SLACK_USER = re.compile(r"[UW][A-Z0-9]{6,}")


class UnknownPerson(ValueError):
    """A text that names nobody as we can look for them."""


@dataclass(frozen=True)
class Person:
    """Whom to look for: by an e-mail address, phone numbers, a conversation, a request, or a user of Slack."""

    email: str | None = None
    phones: frozenset[str] = frozenset()
    conversation: str | None = None
    request: int | None = None
    slack_user: str | None = None

    @classmethod
    def of(cls, text: str) -> Person:
        """The person that a text names. Raises UnknownPerson."""
        text = text.strip()
        if found := re.fullmatch(r"request:(\d{1,9})", text):
            return cls(request=int(found.group(1)))
        if CONVERSATION.fullmatch(text):
            return cls(conversation=text)
        if SLACK_USER.fullmatch(text):
            return cls(slack_user=text)
        _, session = URLSafeTimedSerializer("").loads_unsafe(text)  # whoever knows it may read that talk anyway
        if isinstance(session, list) and session:
            return cls(conversation=str(session[0]))
        person = cls._reached_at(text)
        if person is None:
            raise UnknownPerson(
                f"{text!r} names nobody that can be looked for. Expected an e-mail address, a phone number, "
                "request:12, the id of a conversation (website-..., slack-..., rest-...), what the chat keeps in the "
                "visitor's browser, or the id of a user in Slack (U...)."
            )
        return person

    @classmethod
    def _reached_at(cls, text: str) -> Person | None:
        if "@" in text:
            email = validation.find_email(text)
            return cls(email=email) if email else None
        phones = phone_numbers(text)
        return cls(phones=frozenset(phones)) if phones else None

    def typed_in(self, text: str) -> bool:
        """Whether the e-mail address or phone number stands in a text, however it is written."""
        if self.email:
            alone = rf"(?<![\w+%])(?<!\w[.-]){re.escape(self.email)}(?!\w)"
            return "@" in text and re.search(alone, text, re.IGNORECASE) is not None
        return bool(self.phones and sum(map(str.isdigit, text)) >= 9 and self.phones & phone_numbers(text))

    def has_conversation(self, conversation: str) -> bool:
        """Whether a conversation is theirs by its id; those by REST may be named after a person."""
        if self.slack_user:  # bot/chat/slack/threads.py: what only one user sees ends with that user
            return conversation.startswith("slack-") and conversation.endswith(f"-{self.slack_user}")
        return conversation == self.conversation or self.typed_in(conversation.removeprefix("rest-"))

    def made_request(self, stored: StoredRequest) -> bool:
        """Whether a request is theirs by its number or by what was filled in."""
        return stored.number == self.request or any(map(self.typed_in, stored.request.fields.values()))


@dataclass(frozen=True)
class Conversation:
    """A conversation with all that is kept of it."""

    id: str
    messages: list[Message]
    events: list[Mapping[str, Any]]


@dataclass(frozen=True)
class Found:
    """All that is kept of a person. `handled`: requests that they, as one of the team, took or finished in Slack."""

    person: Person
    conversations: list[Conversation] = field(default_factory=list)
    requests: list[StoredRequest] = field(default_factory=list)
    handled: list[int] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.conversations or self.requests or self.handled)


@dataclass(frozen=True)
class Deleted:
    """How much was deleted of each store: requests, messages, and events of Rasa's record."""

    requests: int
    messages: int
    events: int

    def __str__(self) -> str:
        return f"{self.requests} requests, {self.messages} messages, {self.events} events of Rasa's record"

    def __bool__(self) -> bool:
        return bool(self.requests or self.messages or self.events)


class Records:
    """All stores together. Every call may block on the databases; raises sqlalchemy.exc.SQLAlchemyError."""

    def __init__(self, intake_db: str, messages_db: str, conversations_db: str) -> None:
        """Takes SQLAlchemy URLs; they may be of one and the same database."""
        self._intake: IntakeStore = intake_store(intake_db)
        self._messages: MessageStore = message_store(messages_db)
        self._events = EventStore(conversations_db)
        self._engines: set[Engine] = {engine(url) for url in (intake_db, messages_db, conversations_db)}

    def find(self, person: Person) -> Found:
        """What is kept of a person: requests, and every conversation in which their address or number was typed.

        A person who is named by a request is also looked for by what that request says. Looks at everything that is
        kept, which takes some seconds for 100,000 messages.
        """
        persons = [person]
        requests = list(self._intake.all())
        for stored in requests:
            if stored.number == person.request:
                fields = stored.request.fields
                reached = [Person._reached_at(fields[name]) for name in ("email", "contact") if name in fields]
                persons += [Person(conversation=stored.request.conversation), *filter(None, reached)]
        ids = {r.request.conversation for r in requests if any(p.made_request(r) for p in persons)}
        known = self._messages.conversations() | self._events.conversations()
        ids |= {i for i in known | {r.request.conversation for r in requests} if _any(persons, i)}
        if any(p.email or p.phones for p in persons):
            ids |= {i for i, text in self._typed() if i not in ids and any(p.typed_in(text) for p in persons)}
        handled = self._intake.handled_by(f"<@{person.slack_user}>") if person.slack_user else []
        return Found(
            person,
            [Conversation(i, self._messages.after(i, 0), list(self._events.of(i))) for i in sorted(ids & known)],
            [r for r in requests if r.request.conversation in ids],
            handled,
        )

    def _typed(self) -> Iterator[tuple[str, str]]:
        yield from self._messages.typed()
        yield from self._events.typed()

    def export(self, found: Found) -> dict[str, Any]:
        """All that was found as plain data, with an explanation of each part."""
        return {
            "about": EXPLANATIONS,
            "made_at": _moment(_now()),
            "requests": [self._request_as_json(stored) for stored in found.requests],
            "conversations": [_conversation_as_json(c) for c in found.conversations],
            "requests_handled_in_slack": found.handled,
        }

    def _request_as_json(self, stored: StoredRequest) -> dict[str, Any]:
        request, post = stored.request, self._intake.state(stored.number)
        return {
            "number": stored.number,
            "kind": request.kind,
            "received_at": _moment(stored.created_at),
            "due": request.due.isoformat(),
            "filled_in": dict(request.fields),
            "language": request.language,
            "phase": request.phase,
            "conversation": request.conversation,
            "consent": {
                "text": request.consent_text,
                "version": request.consent_version,
                "given_at": _moment(stored.consented_at),
            },
            "status": post.status,
            "handled_by": post.person,
            "handled_at": _moment(post.changed_at),
            "post_in_slack": post.place,
        }

    def posts(self, found: Found) -> list[str]:
        """Where in Slack the requests stand: channel and time of the message. We can't delete them there."""
        places = (self._intake.state(stored.number).place for stored in found.requests)
        return [place for place in places if place]

    def forget(self, found: Found) -> Deleted:
        """Deletes all that was found, also from the files of SQLite. `find` afterwards tells whether nothing is left.

        That holds up whoever writes to a SQLite database meanwhile: a second for some 100 MB.
        """
        ids = [conversation.id for conversation in found.conversations]
        if found.person.slack_user:
            self._intake.forget_handler(f"<@{found.person.slack_user}>")
        deleted = Deleted(
            self._intake.delete([stored.number for stored in found.requests]),
            self._messages.delete(ids),
            self._events.delete(ids),
        )
        self._drop_bytes(compact=True)
        return deleted

    def purge(self, before: datetime) -> Deleted:
        """Deletes what is older than a moment (UTC): requests, messages, and events but for sessions that go on."""
        deleted = Deleted(
            self._intake.delete_before(before),
            self._messages.delete_before(before),
            self._events.delete_before(before),
        )
        if deleted:
            self._drop_bytes()
        return deleted

    def _drop_bytes(self, compact: bool = False) -> None:
        """Takes deleted data out of the files of SQLite.

        Its connections overwrite what they delete (bot/storage/database.py), but the log of writes keeps older pages
        until it is emptied. `compact`: also what was deleted or moved before connections did so.
        """
        for each in self._engines:
            if each.dialect.name == "sqlite":
                with each.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    if compact:
                        connection.execute(sa.text("VACUUM"))
                    connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))


def records() -> Records:
    """The stores of the settings."""
    return Records(settings().intake_db, settings().messages_db, settings().conversations_db)


def limit(days: int) -> datetime:
    """The moment (UTC) that many days ago; what is older goes."""
    return _now() - timedelta(days=days)


def _any(persons: Iterable[Person], conversation: str) -> bool:
    return any(person.has_conversation(conversation) for person in persons)


def _conversation_as_json(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "messages": [_message_as_json(message) for message in conversation.messages],
        "record_of_rasa": [{"at": _of_timestamp(event), **event} for event in conversation.events],
    }


def _message_as_json(message: Message) -> dict[str, Any]:
    seen: dict[str, Any] = {"position": message.position, "at": _moment(message.at)}
    if message.answer is None:
        button = {"button": message.payload} if message.payload else {}
        return {**seen, "from": "visitor", "text": message.text, **button, "message_id": message.message_id}
    answer = message.answer
    said = {"text": markdown.render(answer).text, "language": answer.language, "about": answer.about}
    return {**seen, "from": "advisor", **said, "phase": answer.phase, "thumb": message.vote}


def _of_timestamp(event: Mapping[str, Any]) -> str | None:
    at = event.get("timestamp")
    return _moment(datetime.fromtimestamp(at, timezone.utc).replace(tzinfo=None)) if at else None


def _moment(at: datetime | None) -> str | None:
    return f"{at.isoformat(timespec='seconds')}Z" if at else None


def _now() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None)


EXPLANATIONS = {
    "requests": "What was asked of the agency with a form: kind (competitor_check or appointment), what was filled in, "
    "the day it is due, the phase of the customer journey it came from, the conversation it was made in; the text that "
    "was agreed to, with a short name for that version of it; and how far the team is with it, with the id in Slack of "
    "who said so, and channel and time of the message in Slack.",
    "conversations": "Every talk with the advisor. The id begins with the channel: website, slack or rest.",
    "messages": "What was said, in order. What the advisor took it to be about stands in `about` and `phase` (see, "
    "think, do or care); `thumb` is the visitor's own.",
    "record_of_rasa": "The same talk as the program notes it to decide what to say next: for each message the "
    "recognised intent, language and words (`parse_data`), and what it remembers (`slot`).",
    "requests_handled_in_slack": "Numbers of requests that this person, as one of the team, took or finished.",
    "times": "All times are UTC, written as 2026-11-25T12:00:00Z; `timestamp` counts seconds since 1970.",
}
