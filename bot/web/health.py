"""Health checks for a proxy, a process supervisor, or a person: /health/live and /health/ready."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.services import Services

logger = logging.getLogger(__name__)

CHECK_TIMEOUT = 5.0
"""Seconds."""

Checks = Mapping[str, Callable[[], Awaitable[object]]]
"""Health checks by part; each raises if the part does not work."""


def blueprint() -> Blueprint:
    """The routes. Readiness uses `app.ctx.checks`."""
    routes = Blueprint("health", url_prefix="/health")

    @routes.get("/live")
    async def live(_: Request) -> HTTPResponse:
        """200 as long as the server runs."""
        return response.json({"status": "ok"}, headers={"Cache-Control": "no-store"})

    @routes.get("/ready")
    async def ready(request: Request) -> HTTPResponse:
        """200 if all parts work, else 503 with the parts that fail. Details are logged, not sent."""
        passed = await run_checks(request.app.ctx.checks)
        status = "ok" if all(passed.values()) else "failing"
        body = {"status": status, "parts": {name: "ok" if good else "failing" for name, good in passed.items()}}
        return response.json(body, status=200 if status == "ok" else 503, headers={"Cache-Control": "no-store"})

    return routes


def storage_checks(services: Services) -> Checks:
    """Health checks of the databases."""
    return {
        "messages": lambda: asyncio.to_thread(services.messages.last_positions, ["health check"]),
        "requests": lambda: asyncio.to_thread(services.requests.statuses, datetime(9999, 1, 1)),
    }


async def run_checks(checks: Checks) -> Mapping[str, bool]:
    """Runs health checks concurrently; whether each part works."""
    results = await asyncio.gather(*(_passes(name, check) for name, check in checks.items()))
    return dict(zip(checks, results, strict=True))


async def _passes(name: str, check: Callable[[], Awaitable[object]]) -> bool:
    try:
        await asyncio.wait_for(check(), CHECK_TIMEOUT)
    except Exception:
        logger.exception("health check failed: %s", name)
        return False
    return True
