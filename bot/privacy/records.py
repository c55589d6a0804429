"""Data subject requests over all stores: find, export and forget one person; and retention: purge what is old."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec

from bot.advice.answer import FROM_TEAM
from bot.presentation import markdown
from bot.privacy.person import Person
from bot.settings import Settings
from bot.storage.database import utc_now
from bot.storage.handovers import Handover, HandoverStore
from bot.storage.messages import Message, MessageStore
from bot.storage.plans import PlanStore, StoredPlan
from bot.storage.requests import RequestStore, StoredRequest
from bot.storage.tracker_events import TrackerEvents
from bot.storage.visits import Visit


@dataclass(frozen=True)
class ConversationRecord:
    """A conversation with its messages, tracker events, plans and hand-overs."""

    id: str
    messages: list[Message]
    events: list[Mapping[str, Any]]
    plans: list[StoredPlan] = field(default_factory=list)
    visit: Visit | None = None
    handovers: list[Handover] = field(default_factory=list)


@dataclass(frozen=True)
class PersonalData:
    """All data of a person. `handled`, `taken`: requests and hand-overs that they took as a member of the team."""

    person: Person
    conversations: list[ConversationRecord] = field(default_factory=list)
    requests: list[StoredRequest] = field(default_factory=list)
    handled: list[int] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.conversations or self.requests or self.handled or self.taken)


@dataclass(frozen=True)
class Deleted:
    """Numbers of deleted requests, messages, tracker events, plans and hand-overs."""

    requests: int
    messages: int
    events: int
    plans: int = 0
    handovers: int = 0

    def __str__(self) -> str:
        plans = f", {self.plans} plans" if self.plans else ""
        handovers = f", {self.handovers} hand-overs" if self.handovers else ""
        return f"{self.requests} requests, {self.messages} messages, {self.events} tracker events{plans}{handovers}"

    def __bool__(self) -> bool:
        return bool(self.requests or self.messages or self.events or self.plans or self.handovers)


class Records:
    """All stores together. Every call blocks on the databases and may raise StorageError."""

    def __init__(
        self,
        requests: RequestStore,
        messages: MessageStore,
        events: TrackerEvents,
        plans: PlanStore,
        handovers: HandoverStore,
    ) -> None:
        """Takes the stores; they may be in one database."""
        self._requests = requests
        self._messages = messages
        self._events = events
        self._plans = plans
        self._handovers = handovers

    @classmethod
    def of(cls, settings: Settings) -> Records:
        """The stores that the settings name."""
        events = TrackerEvents(settings.conversations_db)
        plans = PlanStore(settings.intake_db, max_age=timedelta(days=settings.retention_days))
        messages, handovers = MessageStore(settings.messages_db), HandoverStore(settings.messages_db)
        return cls(RequestStore(settings.intake_db), messages, events, plans, handovers)

    def find(self, person: Person) -> PersonalData:
        """All data of a person: requests, and every conversation that contains their address or number.

        A person who is identified by a request is also searched by the contact details of that request. Scans all
        stores: some seconds for 100,000 messages.
        """
        persons = [person]
        requests = list(self._requests.all())
        for stored in requests:
            if stored.number == person.request:
                fields = stored.request.fields
                contacts = [Person.of_contact(fields[name]) for name in ("email", "contact") if name in fields]
                persons += [Person(conversation=stored.request.conversation), *filter(None, contacts)]
        ids = {r.request.conversation for r in requests if any(p.made_request(r) for p in persons)}
        known = self._messages.conversations() | self._events.conversations()
        ids |= {i for i in known | {r.request.conversation for r in requests} if _is_of_any(persons, i)}
        if any(p.email or p.phones for p in persons):
            ids |= {i for i, text in self._user_texts() if i not in ids and any(p.occurs_in(text) for p in persons)}
        handled = self._requests.handled_by(f"<@{person.slack_user}>") if person.slack_user else []
        taken = self._handovers.taken_by(person.slack_user) if person.slack_user else []
        return PersonalData(
            person,
            [self._conversation(id_) for id_ in sorted(ids & known)],
            [r for r in requests if r.request.conversation in ids],
            handled,
            taken,
        )

    def _conversation(self, id_: str) -> ConversationRecord:
        return ConversationRecord(
            id_,
            self._messages.after(id_, 0),
            list(self._events.of(id_)),
            self._plans.of(id_),
            self._requests.visit_now(id_),
            self._handovers.of(id_),
        )

    def _user_texts(self) -> Iterator[tuple[str, str]]:
        yield from self._messages.user_texts()
        yield from self._events.user_texts()

    def export(self, found: PersonalData) -> dict[str, Any]:
        """The data as plain JSON-serialisable values, with an explanation of each part."""
        return {
            "about": EXPLANATIONS,
            "made_at": _iso(utc_now()),
            "requests": [self._request_as_json(stored) for stored in found.requests],
            "conversations": [_conversation_as_json(c) for c in found.conversations],
            "requests_handled_in_slack": found.handled,
            "conversations_taken_over": found.taken,
        }

    def _request_as_json(self, stored: StoredRequest) -> dict[str, Any]:
        request, post = stored.request, self._requests.state(stored.number)
        return {
            "number": stored.number,
            "kind": request.kind,
            "received_at": _iso(stored.created_at),
            "due": request.due.isoformat(),
            "filled_in": dict(request.fields),
            "language": request.language,
            "phase": request.phase,
            "conversation": request.conversation,
            "made_at_page": _visit_as_json(stored.visit),
            "consent": {
                "text": request.consent_text,
                "version": request.consent_version,
                "given_at": _iso(stored.consented_at),
            },
            "status": post.status,
            "handled_by": post.person,
            "handled_at": _iso(post.changed_at),
            "post_in_slack": post.place,
        }

    def posts(self, found: PersonalData) -> list[str]:
        """Channel and ts of the posts of requests and hand-overs in Slack, which cannot be deleted from here."""
        requests = (self._requests.state(stored.number).place for stored in found.requests)
        handovers = (h for conversation in found.conversations for h in conversation.handovers)
        return [*filter(None, requests), *(f"{h.channel} {h.ts}" for h in handovers if h.ts)]

    def forget(self, found: PersonalData) -> Deleted:
        """Deletes the data, also from the pages of SQLite files. Call `find` afterwards to verify."""
        ids = [conversation.id for conversation in found.conversations]
        self._requests.delete_visits(ids)
        if found.person.slack_user:
            self._requests.forget_handler(f"<@{found.person.slack_user}>")
            self._handovers.forget_taker(found.person.slack_user)
        deleted = Deleted(
            self._requests.delete([stored.number for stored in found.requests]),
            self._messages.delete(ids),
            self._events.delete(ids),
            self._plans.delete(ids),
            self._handovers.delete(ids),
        )
        self._checkpoint(compact=True)
        return deleted

    def purge(self, before: datetime) -> Deleted:
        """Deletes requests, messages, and tracker events of ended sessions that are older than a moment (UTC)."""
        deleted = Deleted(
            self._requests.delete_before(before),
            self._messages.delete_before(before),
            self._events.delete_before(before),
            self._plans.delete_before(before),
            self._handovers.delete_before(before),
        )
        if deleted:
            self._checkpoint()
        return deleted

    def _checkpoint(self, *, compact: bool = False) -> None:
        for store in (self._requests, self._messages, self._events):
            store.database.checkpoint(compact=compact)


def retention_cutoff(days: int) -> datetime:
    """The moment (UTC) before which data is deleted."""
    return utc_now() - timedelta(days=days)


def _is_of_any(persons: Iterable[Person], conversation: str) -> bool:
    return any(person.has_conversation(conversation) for person in persons)


def _conversation_as_json(conversation: ConversationRecord) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "page": _visit_as_json(conversation.visit),
        "messages": [_message_as_json(message) for message in conversation.messages if not message.revises],
        "handovers": [_handover_as_json(handover) for handover in conversation.handovers],
        "plans": [
            {
                "made_at": _iso(p.created_at),
                "done": p.done,
                "reminder_at": _iso(p.reminder_at),
                **msgspec.to_builtins(p.plan),
            }
            for p in conversation.plans
        ],
        "record_of_rasa": [{"at": _of_timestamp(event), **event} for event in conversation.events],
    }


def _visit_as_json(visit: Visit | None) -> Any:
    return msgspec.to_builtins(visit) if visit else None


def _message_as_json(message: Message) -> dict[str, Any]:
    seen: dict[str, Any] = {"position": message.position, "at": _iso(message.at)}
    if message.answer is None:
        button = {"button": message.payload} if message.payload else {}
        return {**seen, "from": "visitor", "text": message.text, **button, "message_id": message.message_id}
    answer = message.answer
    said = {"text": markdown.render(answer).text, "language": answer.language, "about": answer.about}
    if answer.about == FROM_TEAM:
        return {**seen, "from": "team", "first_name": answer.person, **said}
    return {**seen, "from": "advisor", **said, "phase": answer.phase, "thumb": message.vote}


def _handover_as_json(handover: Handover) -> dict[str, Any]:
    return {
        "asked_at": _iso(handover.asked_at),
        "taken_at": _iso(handover.taken_at),
        "taken_by": handover.taken_by,
        "first_name": handover.first_name,
        "ended_at": _iso(handover.ended_at),
        "ended_because": handover.reason,
        "post_in_slack": f"{handover.channel} {handover.ts}" if handover.ts else None,
    }


def _of_timestamp(event: Mapping[str, Any]) -> str | None:
    at = event.get("timestamp")
    return _iso(datetime.fromtimestamp(at, timezone.utc).replace(tzinfo=None)) if at else None


def _iso(at: datetime | None) -> str | None:
    return f"{at.isoformat(timespec='seconds')}Z" if at else None


EXPLANATIONS = {
    "requests": "What was asked of the agency with a form: kind (competitor_check or appointment), what was filled in, "
    "the day it is due, the phase of the customer journey it came from, the conversation it was made in; the text that "
    "was agreed to, with a short name for that version of it; and how far the team is with it, with the id in Slack of "
    "who said so, and channel and time of the message in Slack.",
    "conversations": "Every talk with the advisor. The id begins with the channel: website, slack or rest.",
    "messages": "What was said, in order. What the advisor took it to be about stands in `about` and `phase` (see, "
    "think, do or care); `thumb` is the visitor's own.",
    "page": "Where on the website the visitor last wrote (`made_at_page`: where they made the request): address, "
    "title, the host of the site that led there, and the campaign in the address (utm_...).",
    "handovers": "When a person of the team was asked for in the talk, and who took it over: the id in Slack and first "
    "name; when and why it ended; and channel and time of the message in Slack, whose thread has what was said.",
    "plans": "Plans that were made in the talk, with the steps that were ticked off.",
    "record_of_rasa": "The same talk as the program notes it to decide what to say next: for each message the "
    "recognised intent, language and words (`parse_data`), and what it remembers (`slot`).",
    "requests_handled_in_slack": "Numbers of requests that this person, as one of the team, took or finished.",
    "conversations_taken_over": "Numbers of the hand-overs that this person, as one of the team, took.",
    "times": "All times are UTC, written as 2026-11-25T12:00:00Z; `timestamp` counts seconds since 1970.",
}
