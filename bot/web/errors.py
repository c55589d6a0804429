"""What every HTTP route checks and how it refuses: always with a status and a JSON object, never with a traceback."""

from __future__ import annotations

import logging
import secrets
from typing import Any, TypeGuard

import structlog
from sanic import Sanic, response
from sanic.exceptions import InvalidUsage, SanicException
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy.exc import SQLAlchemyError

from bot.observability import metrics
from bot.web.rate_limits import TooFast

logger = logging.getLogger(__name__)

MAX_BODY = 20_000
"""Bytes of a visitor's request. A message of 2,000 characters takes 8,000 at most, with all of them escaped 12,000."""
MAX_ID = 64
"""Characters of an id that a client gives a message."""
MAX_POSITION = 2**31 - 1
"""Of a message in its conversation: what databases take."""


class Refused(Exception):
    """A request that we don't serve: HTTP status, what is wrong, and the `problem` that the chat page explains."""

    def __init__(self, status: int, error: str, problem: str = "failed", **facts: object) -> None:
        self.status = status
        self.body = {"error": error, "problem": problem, **facts}
        super().__init__(error)


def as_object(request: Request) -> dict[str, Any]:
    """The JSON object in a request's body. Raises Refused."""
    if len(request.body) > MAX_BODY:
        raise Refused(413, f"the body is larger than {MAX_BODY} bytes", "too_long")
    try:
        body = request.json
    except InvalidUsage as error:
        raise Refused(400, "the body is not valid JSON") from error
    if not isinstance(body, dict):
        raise Refused(400, "expected a JSON object")
    return body


def is_id(value: object, max_length: int = MAX_ID) -> TypeGuard[str]:
    """Whether something may serve as an id: a text, not empty, without control characters."""
    return isinstance(value, str) and 0 < len(value) <= max_length and value.isprintable()


def is_position(value: object) -> TypeGuard[int]:
    """Whether something can be the number of a message or a button."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_POSITION


def address(request: Request) -> str:
    """Where a request comes from; behind proxies that `settings().proxies` counts, what they say."""
    return str(request.remote_addr or request.ip)


def guard_app(app: Sanic) -> None:
    """Gives each request an id, for the log and for whoever reports a problem; and turns every failure into JSON."""

    async def begin(request: Request) -> None:
        request.ctx.id = secrets.token_hex(4)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=request.ctx.id)

    async def end(request: Request, answer: HTTPResponse) -> None:
        answer.headers.setdefault("X-Request-ID", getattr(request.ctx, "id", "none"))
        answer.headers.setdefault("X-Content-Type-Options", "nosniff")

    app.register_middleware(begin, "request")
    app.register_middleware(end, "response")
    for kind in (Refused, TooFast, SQLAlchemyError, SanicException, Exception):
        app.error_handler.add(kind, _explain)


def _explain(request: Request, error: Exception) -> HTTPResponse:
    headers = {}
    if isinstance(error, Refused):
        status, body = error.status, error.body
    elif isinstance(error, TooFast):
        status, body = 429, {"error": str(error), "problem": "too_fast", "seconds": error.seconds}
        headers["Retry-After"] = str(error.seconds)
    elif isinstance(error, SanicException):
        status, body = error.status_code, {"error": str(error), "problem": "failed"}
        headers.update(getattr(error, "headers", {}))
    elif isinstance(error, SQLAlchemyError):
        logger.error("A database failed at %s", request.path, exc_info=error)
        status, body = 503, {"error": "a database failed; try again", "problem": "failed"}
    else:
        logger.error("A request to %s failed", request.path, exc_info=error)
        status, body = 500, {"error": "this went wrong on our side; try again", "problem": "failed"}
    metrics.REFUSED.labels(_part(request), status).inc()
    return response.json(body, status=status, headers=headers)


def _part(request: Request) -> str:
    """The channel of a route, for the figures; unknown paths must not make new ones."""
    return next((name for name in ("website", "rest", "slack") if f"/webhooks/{name}/" in request.path), "other")
