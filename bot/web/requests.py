"""Parses HTTP requests."""

from __future__ import annotations

from typing import Annotated, TypeVar

import msgspec
from sanic.exceptions import InvalidUsage
from sanic.request import Request

from bot.errors import HTTPError

T = TypeVar("T")

MAX_BODY = 20_000
"""Bytes of a visitor's request. A message of 2,000 characters takes at most 12,000, with all of them escaped."""

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
"""An id that a client gives a message; see also `require_printable`."""
Position = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
"""The position of a message in its conversation, as databases store it."""


def json_body(request: Request, body_type: type[T], max_body: int = MAX_BODY) -> T:
    """The body of a request as a msgspec struct. Unknown fields are ignored.

    Example:
        >>> class Vote(msgspec.Struct):
        ...     position: Position
        >>> json_body(request, Vote)
        Vote(position=2)

    Raises:
        HTTPError: 413 or 400, with the field and what is expected.
    """
    if len(request.body) > max_body:
        raise HTTPError(413, f"the body is larger than {max_body} bytes", "too_long")
    try:
        body = request.json  # not msgspec's decoder, which refuses the lone surrogates that browsers may send
    except InvalidUsage as error:
        raise HTTPError(400, "the body is not valid JSON") from error
    try:
        return msgspec.convert(body, body_type)
    except msgspec.ValidationError as error:
        raise HTTPError(400, str(error)) from error


def require_printable(name: str, value: str) -> None:
    """Raises ValueError for control characters; for `__post_init__` of structs."""
    if not value.isprintable():
        raise ValueError(f"{name}: expected printable characters")


def client_address(request: Request) -> str:
    """The address of the client; behind as many proxies as `settings.proxies` counts, what they forward."""
    return str(request.remote_addr or request.ip)
