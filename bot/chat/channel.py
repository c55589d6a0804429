"""The interface of a chat channel."""

from __future__ import annotations

from typing import Protocol

from sanic import Blueprint


class Channel(Protocol):
    """A way to chat with the advisor: the website, Slack, REST.

    A channel passes messages to `app.ctx.turns` (a `TurnService`, there once the server has started) and renders the
    answers itself. Rasa's InputChannel is not used: its `on_new_message` neither stores nor orders messages.
    """

    name: str
    """Part of the URL /webhooks/<name>/, and prefix of the channel's conversation ids: website-..., slack-..."""

    def blueprint(self) -> Blueprint:
        """Routes and server listeners."""

    @property
    def status(self) -> str | None:
        """One line for the operator at start, or None."""
