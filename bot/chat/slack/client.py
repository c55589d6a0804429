"""Calls of Slack's Web API: retries, and which errors are permanent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError

from bot.background import retrying
from bot.errors import ChannelUnavailableError

RETRY_AFTER = (2, 5, 15, 60, 300)
"""Seconds between attempts while Slack is down."""
PERMANENT_ERRORS = {"channel_not_found", "not_in_channel", "is_archived", "restricted_action", "user_not_in_channel"}
"""The app may not write in that channel; do not retry."""
AUTH_ERRORS = {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope"}
"""The token is invalid or lacks a scope."""
BUSY_ERRORS = {"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
NETWORK_ERRORS = (OSError, asyncio.TimeoutError, ClientError)


async def retry(call: Callable[[], Awaitable[object]]) -> None:
    """Calls Slack, with retries while it is down or busy.

    Raises:
        ChannelUnavailableError: The app may not write there.
        SlackApiError: Any other error that retrying does not help, or the last one.
    """
    async for attempt in retrying(RETRY_AFTER, is_transient):
        with attempt:
            try:
                await call()
            except SlackApiError as error:
                if error_code(error) in PERMANENT_ERRORS:
                    raise ChannelUnavailableError(error_code(error)) from error
                raise


def is_transient(error: BaseException) -> bool:
    """Whether the same call may succeed later: Slack is unreachable, down or busy."""
    if not isinstance(error, SlackApiError):
        return isinstance(error, NETWORK_ERRORS)
    status = int(getattr(error.response, "status_code", 200))
    return status >= 500 or status == 429 or error_code(error) in BUSY_ERRORS


def may_succeed_later(error: BaseException) -> bool:
    """Like `is_transient`, but also once an operator has fixed the token."""
    return is_transient(error) or (isinstance(error, SlackApiError) and error_code(error) in AUTH_ERRORS)


def error_code(error: SlackApiError) -> str:
    """The `error` field of Slack's response."""
    return str(error.response.get("error"))
