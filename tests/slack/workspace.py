"""What the fake Slack remembers: people, channels, messages, views, and the keys that it gave away."""

from __future__ import annotations

import time
import uuid
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

TEAM, TEAM_DOMAIN, APP, BOT, BOT_USER = "T1", "klantkompas-test", "A1", "BBOT", "UBOT"
BOT_NAME = "klantkompas"


class SlackError(Exception):
    """An answer with `ok: false`; `messages` says what was wrong, in Slack's words."""

    def __init__(self, error: str, messages: list[str] | None = None, **fields: Any) -> None:
        super().__init__(error)
        self.error = error
        self.messages = messages or []
        self.fields = fields

    def answer(self) -> Json:
        """The body of the answer."""
        body: Json = {"ok": False, "error": self.error, **self.fields}
        if self.messages:
            body["response_metadata"] = {"messages": [f"[ERROR] {message}" for message in self.messages]}
            if self.error == "invalid_blocks":
                body["errors"] = self.messages  # the real one has them here as well, for blocks only
        return body


@dataclass
class User:
    """A member of the workspace."""

    id: str
    name: str
    real_name: str
    locale: str = "nl-NL"
    is_bot: bool = False


@dataclass
class Channel:
    """A conversation: `kind` is "channel" (public), "group" (private) or "im" (direct message)."""

    id: str
    name: str
    kind: str
    members: set[str]
    archived: bool = False


@dataclass
class Post:
    """A message and where it stands; `only_for` is the one user who sees an ephemeral message."""

    channel: str
    message: Json
    only_for: str | None = None
    deleted: bool = False


@dataclass
class Trigger:
    """A trigger id: it opens one modal, within three seconds."""

    user: str
    issued: float = field(default_factory=time.monotonic)
    used: bool = False


@dataclass
class ResponseUrl:
    """A response_url: five answers in thirty minutes, in this channel or to this user."""

    channel: str
    user: str
    message_ts: str | None
    issued: float = field(default_factory=time.monotonic)
    uses: int = 0


class Workspace:
    """The state of team T1: U1 (anna) and U2 (bram), #marketing (C1), #directie (C2, without the bot), D1 and D2."""

    trigger_lifetime = 3.0
    response_url_lifetime = 30 * 60.0
    response_url_uses = 5

    def __init__(self) -> None:
        self.address = ""  # http://127.0.0.1:PORT, known once the server listens
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.posts: list[Post] = []
        self.views: dict[str, Json] = {}  # modals by view id
        self.home_tabs: dict[str, Json] = {}  # by user id
        self.reactions: set[tuple[str, str, str]] = set()  # channel, ts, emoji
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self._count = 0
        self.add_user("U1", "anna", "Anna de Vries")
        self.add_user("U2", "bram", "Bram Smit", locale="en-GB")
        self.add_user(BOT_USER, BOT_NAME, "Klantkompas", is_bot=True)
        self.add_channel("C1", "marketing")
        self.add_channel("C2", "directie", bot_is_member=False)

    def count(self) -> int:
        """A number that was not used before."""
        self._count += 1
        return self._count

    def new_ts(self) -> str:
        """A message timestamp: unique, and later than all before it."""
        return f"{int(time.time())}.{self.count() * 100:06d}"

    # People and channels

    def add_user(self, id: str, name: str, real_name: str = "", locale: str = "nl-NL", is_bot: bool = False) -> User:
        """Adds somebody, with a direct message channel (U1 gets D1)."""
        self.users[id] = User(id, name, real_name or name, locale, is_bot)
        if not is_bot:
            channel = f"D{id[1:]}"
            self.channels[channel] = Channel(channel, "directmessage", "im", {id, BOT_USER})
        return self.users[id]

    def add_channel(self, id: str, name: str, bot_is_member: bool = True, private: bool = False) -> Channel:
        """Adds a channel with everybody in it; `bot_is_member=False` leaves the bot out."""
        members = {user for user in self.users if bot_is_member or user != BOT_USER}
        self.channels[id] = Channel(id, name, "group" if private else "channel", members)
        return self.channels[id]

    def channel(self, name: object) -> Channel:
        """The channel with this id or name; a user's id means the direct message with that user."""
        for channel in self.channels.values():
            if name == channel.id or (channel.kind != "im" and name in (channel.name, f"#{channel.name}")):
                return channel
            if channel.kind == "im" and name in self.users and name in channel.members and name != BOT_USER:
                return channel
        raise SlackError("channel_not_found")

    # Messages

    def add_post(self, channel: str, user: str, text: str, only_for: str | None = None, **more: Any) -> Post:
        """Puts a message in a channel; `more` are further fields of the message, None ones are left out."""
        message: Json = {"type": "message", "user": user, "text": text, "ts": self.new_ts(), "team": TEAM}
        if user == BOT_USER:
            profile = {"id": BOT, "app_id": APP, "name": BOT_NAME, "team_id": TEAM, "deleted": False}
            message.update(bot_id=BOT, app_id=APP, bot_profile=profile)
        message.update({key: value for key, value in more.items() if value is not None})
        post = Post(channel, message, only_for)
        self.posts.append(post)
        return post

    def find_post(self, ts: object, channel: str | None = None, ephemeral: bool = True) -> Post | None:
        """The message with this timestamp, unless it was deleted."""
        for post in self.posts:
            if post.message["ts"] == ts and not post.deleted and channel in (None, post.channel):
                return post if ephemeral or post.only_for is None else None
        return None

    def messages(self, channel: str | None = None) -> list[Json]:
        """The messages that everybody in the channel sees, as they are now."""
        return [
            deepcopy(post.message)
            for post in self.posts
            if channel in (None, post.channel) and post.only_for is None and not post.deleted
        ]

    def ephemerals(self, user: str | None = None) -> list[Json]:
        """The messages that only one user sees."""
        return [
            deepcopy(post.message)
            for post in self.posts
            if post.only_for is not None and user in (None, post.only_for) and not post.deleted
        ]

    def thread(self, channel: str, ts: str) -> list[Json]:
        """A message and its replies."""
        return [message for message in self.messages(channel) if ts in (message["ts"], message.get("thread_ts"))]

    # Keys that a payload carries

    def new_trigger(self, user: str) -> str:
        """A trigger id, as a payload brings it."""
        trigger_id = f"{self.count()}.1337.{uuid.uuid4().hex}"
        self.triggers[trigger_id] = Trigger(user)
        return trigger_id

    def use_trigger(self, trigger_id: object) -> Trigger:
        """Exchanges a trigger id, or says why that is not possible."""
        trigger = self.triggers.get(str(trigger_id))
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if time.monotonic() - trigger.issued > self.trigger_lifetime:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger

    def new_response_url(self, channel: str, user: str, message_ts: str | None = None) -> str:
        """A response_url for an answer to this interaction."""
        key = uuid.uuid4().hex
        self.response_urls[key] = ResponseUrl(channel, user, message_ts)
        return f"{self.address}/response/{key}"
