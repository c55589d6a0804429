"""Where in Slack a conversation takes place. Each place is a conversation of its own."""

from __future__ import annotations

from dataclasses import dataclass

PREFIX = "slack"


@dataclass(frozen=True)
class Place:
    """A direct message or a thread; or, with `only_for`, what one user alone sees in a channel."""

    team: str
    channel: str
    thread: str | None = None
    only_for: str | None = None

    @property
    def conversation(self) -> str:
        """The id of the conversation: for Rasa and for what we keep."""
        return "-".join((PREFIX, self.team, self.channel, self.thread or "", self.only_for or ""))

    @classmethod
    def of(cls, conversation: str) -> Place:
        """The place of a conversation. Raises ValueError if it is none in Slack."""
        prefix, team, channel, thread, only_for = conversation.split("-")
        if prefix != PREFIX:
            raise ValueError(f"{conversation!r} is no conversation in Slack")
        return cls(team, channel, thread or None, only_for or None)
