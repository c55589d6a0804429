"""Deletes data after the retention period: at the start of the server, and every day."""

from __future__ import annotations

import asyncio
import logging

from sanic import Sanic

from bot.background import every
from bot.privacy.records import Deleted, Records, retention_cutoff
from bot.settings import Settings

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)  # one line a day as evidence

INTERVAL = 24 * 60 * 60.0
RETRY_AFTER = 60 * 60.0
"""Seconds."""


def register(app: Sanic, settings: Settings) -> None:
    """Adds the daily purge to a server. Several servers may run it on the same databases."""

    async def start(app: Sanic, _: object) -> None:
        app.ctx.purging = asyncio.create_task(purge_daily(settings))

    async def stop(app: Sanic, _: object) -> None:
        app.ctx.purging.cancel()

    app.register_listener(start, "after_server_start")
    app.register_listener(stop, "before_server_stop")


async def purge_daily(settings: Settings) -> None:
    """Purges now and every day. Runs until cancelled."""

    async def work() -> None:
        deleted = await asyncio.to_thread(purge, settings)
        if deleted:
            logger.info("retention: deleted %s older than %s days", deleted, settings.retention_days)

    await every(INTERVAL, work, "retention purge", retry_after=RETRY_AFTER)


def purge(settings: Settings) -> Deleted:
    """Deletes data older than the retention period.

    Raises:
        StorageError: A database failed.
    """
    return Records.of(settings).purge(retention_cutoff(settings.retention_days))
