"""Whether the server is alive, and whether it is ready: for a proxy, a process supervisor, or a person."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import aiohttp
from rasa.core.agent import Agent
from rasa.core.lock_store import LockStore
from rasa.utils.endpoints import EndpointConfig
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.rasa_adapter.in_process_actions import LocalActions
from bot.settings import settings
from bot.storage.messages import message_store
from bot.storage.requests import intake_store

logger = logging.getLogger(__name__)

PATIENCE = 5.0
"""Seconds that a check may take."""


def blueprint() -> Blueprint:
    """/health/live answers as long as the server runs; /health/ready tells of all that it depends on."""
    routes = Blueprint("health", url_prefix="/health")

    @routes.get("/live")
    async def live(_: Request) -> HTTPResponse:
        return response.json({"status": "ok"}, headers={"Cache-Control": "no-store"})

    @routes.get("/ready")
    async def ready(request: Request) -> HTTPResponse:
        found = await check(request.app)
        status = "ok" if all(found.values()) else "failing"
        parts = {name: "ok" if good else "failing" for name, good in found.items()}
        body = {"status": status, "parts": parts}
        return response.json(body, status=200 if status == "ok" else 503, headers={"Cache-Control": "no-store"})

    return routes


async def check(app: Sanic) -> Mapping[str, bool]:
    """Each part that a conversation depends on, and whether it works. What fails is logged, not told to callers."""
    agent: Agent = app.ctx.agent
    messages = message_store(settings().messages_db)
    checks: dict[str, Callable[[], Awaitable[object]]] = {
        "model": lambda: _model(agent),
        "actions": lambda: _actions(agent.action_endpoint),
        "conversations": lambda: agent.tracker_store.retrieve("health check"),
        "locks": lambda: _locks(agent.lock_store),
        "messages": lambda: asyncio.to_thread(messages.newest, ["health check"]),
        "requests": lambda: asyncio.to_thread(intake_store(settings().intake_db).statuses, datetime(9999, 1, 1)),
    }
    results = await asyncio.gather(*(_passes(name, part) for name, part in checks.items()))
    return dict(zip(checks, results, strict=True))


async def _passes(name: str, part: Callable[[], Awaitable[object]]) -> bool:
    try:
        await asyncio.wait_for(part(), PATIENCE)
    except Exception:
        logger.exception("Not ready: %s", name)
        return False
    return True


async def _model(agent: Agent) -> None:
    if not agent.is_ready():
        raise RuntimeError("no model is loaded")


async def _locks(locks: LockStore) -> None:
    async with locks.lock(f"health check {id(locks)}"):
        pass


async def _actions(endpoint: EndpointConfig | None) -> None:
    """Actions of this process are there; an action server is asked for its own health."""
    if endpoint is None:
        raise RuntimeError("no actions are configured")
    if isinstance(endpoint, LocalActions):
        return
    health = f"{endpoint.url.rpartition('/')[0]}/health"
    async with aiohttp.ClientSession() as session, session.get(health) as answer:
        answer.raise_for_status()
