"""What the server counts, for Prometheus: /metrics."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Mapping

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from sanic import Blueprint, response
from sanic.exceptions import NotFound
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.settings import settings

TURNS = Counter("klantkompas_turns", "Messages answered; outcome: answered or apologised", ["channel", "outcome"])
SECONDS = Histogram(
    "klantkompas_turn_seconds",
    "Seconds from a message's turn until its answer",
    ["channel"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
QUEUE = Gauge("klantkompas_queue", "Messages that wait for an answer or get one now")
INTENTS = Counter("klantkompas_intents", "Messages by recognised intent", ["intent"])
FALLBACKS = Counter("klantkompas_fallbacks", "Messages that were not understood or out of scope", ["intent"])
PHASES = Counter("klantkompas_phases", "Diagnoses and advice by phase", ["phase"])
REFUSED = Counter("klantkompas_refused", "Requests that were refused; reason: the HTTP status", ["channel", "reason"])
ERRORS = Counter("klantkompas_errors", "Errors in the log, by the part that wrote them", ["part"])

NOT_UNDERSTOOD = frozenset({"nlu_fallback", "out_of_scope"})


class CountErrors(logging.Handler):
    """Counts what is logged as an error, wherever that happens."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        """Counts one."""
        ERRORS.labels(record.name).inc()


def blueprint() -> Blueprint:
    """The route; who may read it stands in the settings. For others it does not exist."""
    routes = Blueprint("metrics")

    @routes.get("/metrics")
    async def metrics(request: Request) -> HTTPResponse:
        if not may_read(request.ip, request.headers):
            raise NotFound(f"Requested URL {request.path} not found")
        return response.raw(generate_latest(), content_type=CONTENT_TYPE_LATEST)

    return routes


def may_read(address: str, headers: Mapping[str, str]) -> bool:
    """Whether the sender of a request may see the figures. `address` is the one that connected to us."""
    if settings().metrics != "loopback":
        return settings().metrics == "everyone"
    by_proxy = "X-Forwarded-For" in headers or "Forwarded" in headers
    return not by_proxy and ipaddress.ip_address(address).is_loopback
