"""The state of a fake Slack workspace: people, channels, messages, views, and the keys that payloads carry."""

from __future__ import annotations

import time
import uuid
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

TEAM, APP, BOT, BOT_USER = "T1", "A1", "BBOT", "UBOT"

TRIGGER_LIFETIME = 3.0
"""Seconds within which a trigger id opens a modal."""
RESPONSE_URL_USES = 5


class SlackError(Exception):
    """A response with `ok: false`; `problems` says what was wrong, in Slack's words."""

    def __init__(self, error: str, problems: list[str] | None = None, **fields: Any) -> None:
        super().__init__(error)
        self.error = error
        self.body: Json = {"ok": False, "error": error, **fields}
        if problems:
            self.body["response_metadata"] = {"messages": [f"[ERROR] {problem}" for problem in problems]}


@dataclass
class Channel:
    """A conversation: `kind` is "channel" or "im" (direct message)."""

    id: str
    kind: str
    members: set[str]


@dataclass
class Post:
    """A message in a channel; `only_for` is the one user who sees an ephemeral message."""

    channel: str
    message: Json
    only_for: str | None = None
    deleted: bool = False


@dataclass
class Trigger:
    """A trigger id: opens one modal."""

    issued: float = field(default_factory=time.monotonic)
    used: bool = False


@dataclass
class ResponseUrl:
    """A response_url: answers in a channel or to a user, about a message."""

    channel: str
    user: str
    message_ts: str | None
    uses: int = 0


class Workspace:
    """Team T1: U1 (Dutch) and U2 (English), channels C1 with the bot and C2 without it, direct messages D1 and D2."""

    def __init__(self) -> None:
        self.address = ""  # http://127.0.0.1:PORT, known once the server listens
        self.locales: dict[str, str] = {}
        self.names: dict[str, str] = {}  # first names by user id, as far as they differ from it
        self.channels: dict[str, Channel] = {}
        self.posts: list[Post] = []
        self.views: dict[str, Json] = {}  # modals by view id
        self.home_tabs: dict[str, Json] = {}  # by user id
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self._count = 0
        for channel, members in (("C1", {BOT_USER}), ("C2", set())):
            self.channels[channel] = Channel(channel, "channel", members)
        self.add_user("U1")
        self.add_user("U2", locale="en-GB")

    def add_user(self, user: str, locale: str = "nl-NL") -> None:
        """Adds a user to all channels, with a direct message (U1 gets D1)."""
        self.locales[user] = locale
        for channel in self.channels.values():
            if channel.kind == "channel":
                channel.members.add(user)
        direct = f"D{user[1:]}"
        self.channels[direct] = Channel(direct, "im", {user, BOT_USER})

    def channel(self, channel: object) -> Channel:
        """The channel with this id."""
        try:
            return self.channels[str(channel)]
        except KeyError:
            raise SlackError("channel_not_found") from None

    def count(self) -> int:
        """A number that was not used before."""
        self._count += 1
        return self._count

    def new_ts(self) -> str:
        """A message timestamp: unique, and later than all before it."""
        return f"{int(time.time())}.{self.count() * 100:06d}"

    def add_post(self, channel: str, user: str, text: str, only_for: str | None = None, **more: Any) -> Post:
        """Puts a message in a channel; `more` are further fields of the message, None ones are left out."""
        message: Json = {"type": "message", "user": user, "text": text, "ts": self.new_ts(), "team": TEAM}
        if user == BOT_USER:
            message.update(bot_id=BOT, app_id=APP)
        message.update({key: value for key, value in more.items() if value is not None})
        post = Post(channel, message, only_for)
        self.posts.append(post)
        return post

    def find_post(self, ts: object) -> Post | None:
        """The message with this timestamp, unless it was deleted."""
        return next((post for post in self.posts if post.message["ts"] == ts and not post.deleted), None)

    def messages(self, channel: str | None = None) -> list[Json]:
        """The messages that everybody in a channel, or in any, sees now."""
        there = [post for post in self.posts if channel in (None, post.channel)]
        return [deepcopy(post.message) for post in there if post.only_for is None and not post.deleted]

    def ephemerals(self, user: str) -> list[Json]:
        """The messages that only this user sees now."""
        return [deepcopy(post.message) for post in self.posts if post.only_for == user and not post.deleted]

    def new_trigger(self) -> str:
        """A trigger id, as a payload brings it."""
        trigger_id = f"{self.count()}.1337.{uuid.uuid4().hex}"
        self.triggers[trigger_id] = Trigger()
        return trigger_id

    def use_trigger(self, trigger_id: object) -> None:
        """Uses a trigger id up."""
        trigger = self.triggers.get(str(trigger_id))
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if time.monotonic() - trigger.issued > TRIGGER_LIFETIME:
            raise SlackError("expired_trigger_id")
        trigger.used = True

    def new_response_url(self, channel: str, user: str, message_ts: str | None = None) -> str:
        """A response_url for an interaction."""
        key = uuid.uuid4().hex
        self.response_urls[key] = ResponseUrl(channel, user, message_ts)
        return f"{self.address}/response/{key}"
