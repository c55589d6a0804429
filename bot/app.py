"""The composition root: builds the server from its parts."""

from __future__ import annotations

from pathlib import Path

from sanic import Sanic

from actions.table import sdk_actions
from bot.chat.channel import Channel
from bot.chat.rest import RestChannel
from bot.chat.slack.channel import SlackChannel
from bot.chat.turns import TurnService
from bot.chat.website import install, pages
from bot.chat.website.channel import WebsiteChannel
from bot.mail import Mailer
from bot.privacy import purge
from bot.rasa_adapter.assistant import Assistant
from bot.services import Services
from bot.web import health, metrics_route, plans
from bot.web.errors import install_error_handlers
from bot.web.rate_limits import RateLimiter

MAX_REQUEST = 200_000
"""Bytes. Slack sends the message that a button is part of; visitors' requests are limited by bot.web.requests."""

REQUEST_TIMEOUT = 15
"""Seconds that a client may take to send a request."""


def create_app(model: Path, services: Services) -> Sanic:
    """The server with all channels. The assistant is loaded at its start, into `app.ctx.turns`.

    Args:
        model: Archive of the trained model.
        services: What the parts share.

    Raises:
        ConfigurationError: The widget has not been built.
    """
    app = Sanic("klantkompas", configure_logging=False)
    app.config.REQUEST_MAX_SIZE = MAX_REQUEST
    app.config.PROXIES_COUNT = services.settings.proxies or None
    app.config.REQUEST_TIMEOUT = REQUEST_TIMEOUT
    app.config.KEEP_ALIVE_TIMEOUT = 75  # longer than nginx's, which would reuse a connection that we just closed
    install_error_handlers(app)
    app.blueprint(health.blueprint())
    app.blueprint(metrics_route.blueprint(services.settings.metrics))
    files = pages.WidgetFiles(services.knowledge)
    app.blueprint(pages.blueprint(services, files))
    app.blueprint(install.blueprint(services, files))
    limiter = RateLimiter(services.settings.redis)
    mailer = Mailer(services.settings.smtp_url) if services.settings.smtp_url else None
    app.blueprint(plans.blueprint(services, limiter, mailer))
    app.ctx.channels = channels(services, limiter)
    for channel in app.ctx.channels:
        app.blueprint(channel.blueprint(), url_prefix=f"/webhooks/{channel.name}")

    async def load_assistant(app: Sanic, _: object) -> None:
        assistant = await Assistant.load(model, services.settings, sdk_actions(services))
        app.ctx.turns = TurnService(assistant, services)
        app.ctx.checks = {**assistant.checks(), **health.storage_checks(services)}

    app.register_listener(load_assistant, "before_server_start")
    purge.register(app, services.settings)
    return app


def channels(services: Services, limiter: RateLimiter) -> list[Channel]:
    """The chat channels that the settings turn on."""
    rest = [RestChannel(services, limiter)] if services.settings.rest else []
    website = WebsiteChannel(services, limiter)
    return [website, SlackChannel(services, limiter, website.wake), *rest]
