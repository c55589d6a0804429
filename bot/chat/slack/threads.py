"""Threads and direct messages in Slack. Each is a conversation of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

PREFIX = "slack"
"""Of conversation ids."""

Json = dict[str, Any]

Respond = Callable[..., Awaitable[Any]]
"""bolt's `respond`: posts by the response_url of a command or button, also where the app is not a member."""


@dataclass(frozen=True)
class SlackThread:
    """A direct message or a thread; with `only_for`, ephemeral messages to one user in a channel."""

    team: str
    channel: str
    thread: str | None = None
    only_for: str | None = None

    @property
    def conversation(self) -> str:
        """The id of the conversation."""
        return "-".join((PREFIX, self.team, self.channel, self.thread or "", self.only_for or ""))

    @classmethod
    def of(cls, conversation: str) -> SlackThread:
        """The thread of a conversation id.

        Raises:
            ValueError: It is not a conversation in Slack.
        """
        prefix, team, channel, thread, only_for = conversation.split("-")
        if prefix != PREFIX:
            raise ValueError(f"{conversation!r} is no conversation in Slack")
        return cls(team, channel, thread or None, only_for or None)


@dataclass(frozen=True)
class Recipient:
    """Where an answer goes: a thread, the user who asked, and `respond` if a command or button was used."""

    thread: SlackThread
    user: str = ""
    respond: Respond | None = None

    @classmethod
    def of(cls, body: Json, respond: Respond) -> Recipient:
        """Where a command, shortcut or button was used: a thread, a direct message, or an ephemeral message."""
        team = body.get("team_id") or (body.get("team") or {}).get("id") or ""
        channel = (body.get("channel") or {}).get("id") or body.get("channel_id") or ""
        user = (body.get("user") or {}).get("id") or body["user_id"]
        if (body.get("container") or {}).get("is_ephemeral") or "command" in body:
            return cls(SlackThread(team, channel, only_for=user), user, respond)
        message = body.get("message") or {}
        is_direct = channel.startswith("D")
        thread_ts = message.get("thread_ts") or (None if is_direct else message.get("ts"))
        return cls(SlackThread(team, channel, thread_ts), user, respond)
