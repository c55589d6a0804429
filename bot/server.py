"""The server: Rasa's channels and our actions in one process."""

from __future__ import annotations

from pathlib import Path

from rasa.core.run import configure_app, create_http_input_channels
from rasa.core.utils import AvailableEndpoints
from sanic import Sanic

from bot import assistant
from bot.settings import ROOT


def create_app(model: Path, available: AvailableEndpoints | None = None, credentials: Path | None = None) -> Sanic:
    """The application: the channels that `credentials` turns on, and the assistant in `model`."""
    channels = create_http_input_channels(None, str(credentials or ROOT / "credentials.yml"))
    app = configure_app(channels, enable_api=False, endpoints=available)

    async def load_assistant(app: Sanic, _: object) -> None:
        app.ctx.agent = await assistant.load(model, available)

    app.register_listener(load_assistant, "before_server_start")
    return app
