"""Deletes what is too old: when the server starts, and every day while it runs."""

from __future__ import annotations

import asyncio
import logging

from sanic import Sanic

from bot.privacy.records import Deleted, limit, records
from bot.settings import settings

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)  # a line a day, to show that it is done

EVERY = 24 * 60 * 60.0
AFTER_FAILURE = 60 * 60.0
"""Seconds between times."""


def register(app: Sanic) -> None:
    """Lets a server do it. Several servers on one database may do it at the same time."""

    async def start(app: Sanic, _: object) -> None:
        app.ctx.purging = asyncio.create_task(purge_daily())

    async def stop(app: Sanic, _: object) -> None:
        app.ctx.purging.cancel()

    app.register_listener(start, "after_server_start")
    app.register_listener(stop, "before_server_stop")


async def purge_daily() -> None:
    """Purges, and again every day; an hour later if it failed. Runs until cancelled."""
    while True:
        try:
            deleted = await asyncio.to_thread(purge)
            if deleted:
                logger.info("Older than %s days, so deleted: %s", settings().retention_days, deleted)
            await asyncio.sleep(EVERY)
        except Exception:
            logger.exception("Deleting what is too old failed; trying again in %.0f s", AFTER_FAILURE)
            await asyncio.sleep(AFTER_FAILURE)


def purge() -> Deleted:
    """Deletes what is older than the settings allow. Raises sqlalchemy.exc.SQLAlchemyError."""
    return records().purge(limit(settings().retention_days))
