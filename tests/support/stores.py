"""The three stores of the product, filled with conversations and requests of any age."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.advice.answer import Answer, Section, UserText
from bot.forms.request import Request
from bot.privacy.person import Person
from bot.privacy.records import Records
from bot.rasa_adapter.tracker_store import ConversationTrackerStore
from bot.storage.database import engine
from bot.storage.handovers import HandoverStore
from bot.storage.messages import MessageStore, messages
from bot.storage.plans import PlanStore
from bot.storage.requests import RequestStore, requests
from bot.storage.tracker_events import TrackerEvents

DOMAIN = Domain.from_yaml("""
version: "3.1"
intents: [inform]
slots: {email: {type: text, influence_conversation: false, mappings: [{type: custom}]}}
""")
DAY = 24 * 60 * 60


class Stores:
    """The three stores, and people who talk."""

    def __init__(self, intake_db: str, messages_db: str, conversations_db: str) -> None:
        self.urls = (intake_db, messages_db, conversations_db)
        self.intake, self.messages = RequestStore(intake_db), MessageStore(messages_db)
        self.events = TrackerEvents(conversations_db)
        self.plans = PlanStore(intake_db, max_age=timedelta(days=90))
        self.handovers = HandoverStore(messages_db)
        self.records = Records(self.intake, self.messages, self.events, self.plans, self.handovers)
        self.rasa = ConversationTrackerStore(conversations_db, DOMAIN)
        for each in (self.intake, self.messages, self.events, self.plans, self.handovers):
            with each.database.transaction():
                pass  # creates the tables
        for table in ("posts", "visits", "requests", "plans", "plan_reminders"):
            self.execute(intake_db, f"DELETE FROM {table}")
        for table in ("messages", "handovers"):
            self.execute(messages_db, f"DELETE FROM {table}")
        self.execute(conversations_db, "DELETE FROM events")

    @staticmethod
    def execute(url: str, statement: Any) -> None:
        with engine(url).begin() as connection:
            connection.execute(sa.text(statement) if isinstance(statement, str) else statement)

    def say(self, conversation: str, *texts: str, days_ago: float = 0, session: bool = True) -> None:
        """A visitor says something: kept as seen, and in Rasa's record; the advisor repeats it."""
        at = time.time() - days_ago * DAY
        events: list[Event] = []
        if session:
            events = [ActionExecuted("action_session_start", timestamp=at), SessionStarted(timestamp=at)]
        for text in texts:
            answer = Answer("nl", (Section("Samengevat", value=UserText(text)),))
            asked, _ = self.messages.add_user_message(conversation, text, f"id {time.monotonic_ns()}")
            self.messages.add_answers(conversation, [answer], asked.position)
            parsed = {"intent": {"name": "inform", "confidence": 1.0}, "entities": [], "text": text}
            events += [
                UserUttered(text, parsed["intent"], [], parsed, timestamp=at),
                SlotSet("email", text, timestamp=at),
                BotUttered("Samengevat", {"custom": answer.as_json()}, timestamp=at),
                ActionExecuted("action_listen", timestamp=at),
            ]
        moment = datetime.fromtimestamp(at, timezone.utc).replace(tzinfo=None)
        fresh = messages.c.at > datetime.now(timezone.utc).replace(tzinfo=None) - timedelta(minutes=1)
        if days_ago:
            mine = (messages.c.conversation == conversation, fresh)
            self.execute(self.urls[1], sa.update(messages).where(*mine).values(at=moment))
        self.rasa._save(DialogueStateTracker.from_events(conversation, [*self._known(conversation), *events]))

    def _known(self, conversation: str) -> list[Event]:
        full = self.rasa._retrieve(conversation, full=True)
        return list(full.events) if full else []

    def tracker(self, conversation: str, full: bool = False) -> DialogueStateTracker:
        """Rasa's tracker of a conversation."""
        tracker = self.rasa._retrieve(conversation, full=full)
        assert tracker is not None
        return tracker

    def ask(self, conversation: str, days_ago: float = 0, **fields: str) -> int:
        """A request."""
        due = date(2026, 11, 30)
        number, _ = self.intake.add(
            Request("competitor_check", conversation, "nl", "do", fields, due, "we bewaren dit")
        )
        moment = datetime.now(timezone.utc).replace(tzinfo=None) - timedelta(days=days_ago)
        change = sa.update(requests).where(requests.c.number == number).values(created_at=moment)
        self.execute(self.urls[0], change)
        return number

    def found(self, who: str) -> tuple[list[str], list[int]]:
        """The conversations and requests of a person."""
        found = self.records.find(Person.of(who))
        return [c.id for c in found.conversations], [r.number for r in found.requests]

    def forget(self, who: str) -> str:
        """Forgets a person; tells how much that was."""
        return str(self.records.forget(self.records.find(Person.of(who))))

    def texts(self, conversation: str) -> list[str]:
        """What is kept of what a visitor said."""
        return [m.text for m in self.messages.after(conversation, 0) if m.text]


def kept_bytes(folder: Path, needle: str) -> list[str]:
    """The files of databases that a text stands in, whether or not it can be queried."""
    return [f.name for f in folder.iterdir() if ".db" in f.name and needle.encode() in f.read_bytes()]
