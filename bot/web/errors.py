"""Error handlers of the HTTP server: every failure becomes a status and a JSON object, never a traceback."""

from __future__ import annotations

import logging
import secrets

import structlog
from sanic import Sanic, response
from sanic.exceptions import SanicException
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.errors import HTTPError, RateLimitError, StorageError
from bot.observability import metrics

logger = logging.getLogger(__name__)


def install_error_handlers(app: Sanic) -> None:
    """Adds error handlers, and a request id for the log and for people who report a problem."""

    async def begin(request: Request) -> None:
        request.ctx.id = secrets.token_hex(4)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=request.ctx.id)

    async def end(request: Request, answer: HTTPResponse) -> None:
        answer.headers.setdefault("X-Request-ID", getattr(request.ctx, "id", "none"))
        answer.headers.setdefault("X-Content-Type-Options", "nosniff")

    app.register_middleware(begin, "request")
    app.register_middleware(end, "response")
    for kind in (HTTPError, RateLimitError, StorageError, SanicException, Exception):
        app.error_handler.add(kind, _handle)


def _handle(request: Request, error: Exception) -> HTTPResponse:
    headers = {}
    if isinstance(error, HTTPError):
        status, body = error.status, error.body
        if isinstance(error, RateLimitError):
            headers["Retry-After"] = str(error.seconds)
    elif isinstance(error, SanicException):
        status, body = error.status_code, {"error": str(error), "problem": "failed"}
        headers.update(getattr(error, "headers", {}))
    elif isinstance(error, StorageError):
        logger.error("database error at %s", request.path, exc_info=error)
        status, body = 503, {"error": "a database failed; try again", "problem": "failed"}
    else:
        logger.error("unhandled exception at %s", request.path, exc_info=error)
        status, body = 500, {"error": "internal error; try again", "problem": "failed"}
    metrics.REFUSED.labels(_channel(request), status).inc()
    return response.json(body, status=status, headers=headers)


def _channel(request: Request) -> str:
    """The chat channel of a route, as a label; other paths share one label, to bound their number."""
    return next((name for name in ("website", "rest", "slack") if f"/webhooks/{name}/" in request.path), "other")
