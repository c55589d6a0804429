"""The server: Rasa's channels, the website's pages and our actions in one process."""

from __future__ import annotations

from pathlib import Path

from rasa.core.channels.channel import register
from rasa.core.run import create_http_input_channels
from rasa.core.utils import AvailableEndpoints
from sanic import Sanic

from bot import assistant, health
from bot.channels.website import WebsiteInput, pages
from bot.settings import ROOT, settings

MAX_REQUEST = 200_000
"""Bytes; Slack sends along the message that a button stands under. Visitors may send less: guard.MAX_BODY."""


def create_app(model: Path, available: AvailableEndpoints | None = None, credentials: Path | None = None) -> Sanic:
    """The application: the channels that `credentials` turns on, and the assistant in `model`.

    Raises bot.channels.website.pages.NotBuilt if the website channel is on and the widget has not been built.
    """
    channels = create_http_input_channels(None, str(credentials or ROOT / "credentials.yml"))
    app = Sanic("klantkompas", configure_logging=False)  # Rasa's own app has a page of its own at /
    app.config.REQUEST_MAX_SIZE = MAX_REQUEST
    app.config.PROXIES_COUNT = settings().proxies or None
    app.config.FALLBACK_ERROR_FORMAT = "json"
    register(channels, app, route="/webhooks/")
    app.blueprint(health.blueprint())
    if any(isinstance(channel, WebsiteInput) for channel in channels):
        app.blueprint(pages.blueprint())

    async def load_assistant(app: Sanic, _: object) -> None:
        app.ctx.agent = await assistant.load(model, available)

    app.register_listener(load_assistant, "before_server_start")
    return app
