"""Calls of Slack's Web API: retries, and which errors are permanent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError
from tenacity import AsyncRetrying, before_sleep_log, retry_if_exception, stop_after_attempt, wait_chain, wait_fixed

from bot.errors import ChannelUnavailableError

logger = logging.getLogger(__name__)

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
    async for attempt in AsyncRetrying(
        retry=retry_if_exception(is_transient),
        wait=wait_chain(*map(wait_fixed, RETRY_AFTER)),
        stop=stop_after_attempt(1 + len(RETRY_AFTER)),
        before_sleep=before_sleep_log(logger, logging.WARNING),
        reraise=True,
    ):
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
