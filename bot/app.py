"""The server: Rasa's channels, the website's pages and our actions in one process."""

from __future__ import annotations

from pathlib import Path

from rasa.core.channels.channel import InputChannel, register
from rasa.core.utils import AvailableEndpoints
from rasa.shared.utils.common import class_from_module_path
from rasa.shared.utils.io import read_config_file
from sanic import Sanic

from bot.chat.website import WebsiteInput, pages
from bot.observability import metrics
from bot.privacy import purge as daily
from bot.rasa_adapter import agent as assistant
from bot.settings import ROOT, settings
from bot.web import health
from bot.web.errors import guard_app

MAX_REQUEST = 200_000
"""Bytes; Slack sends along the message that a button stands under. Visitors may send less: http.MAX_BODY."""

PATIENCE = 15
"""Seconds that a client may take to send a request."""


def create_app(model: Path, available: AvailableEndpoints | None = None, credentials: Path | None = None) -> Sanic:
    """The application: the channels that `credentials` turns on, and the assistant in `model`.

    Raises bot.chat.website.pages.NotBuilt if the website channel is on and the widget has not been built.
    """
    channels = input_channels(credentials or ROOT / "credentials.yml")
    app = Sanic("klantkompas", configure_logging=False)  # Rasa's own app has a page of its own at /
    app.config.REQUEST_MAX_SIZE = MAX_REQUEST
    app.config.PROXIES_COUNT = settings().proxies or None
    app.config.REQUEST_TIMEOUT = PATIENCE
    app.config.KEEP_ALIVE_TIMEOUT = 75  # longer than nginx, which then never meets a connection that was just closed
    guard_app(app)
    register(channels, app, route="/webhooks/")
    app.blueprint(health.blueprint())
    app.blueprint(metrics.blueprint())
    if any(isinstance(channel, WebsiteInput) for channel in channels):
        app.blueprint(pages.blueprint())

    async def load_assistant(app: Sanic, _: object) -> None:
        app.ctx.agent = await assistant.load(model, available)

    app.register_listener(load_assistant, "before_server_start")
    daily.register(app)
    return app


def input_channels(credentials: Path) -> list[InputChannel]:
    """The channels that a file turns on, by their classes. (Rasa's own reader would import all of its server.)

    Raises rasa.shared.exceptions.RasaException for a class that there is not.
    """
    given = read_config_file(str(credentials))
    return [class_from_module_path(name).from_credentials(options) for name, options in given.items()]
