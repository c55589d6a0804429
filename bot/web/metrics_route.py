"""The /metrics route for Prometheus."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Literal

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sanic import Blueprint, response
from sanic.exceptions import NotFound
from sanic.request import Request
from sanic.response import HTTPResponse

Readers = Literal["off", "loopback", "everyone"]


def blueprint(readers: Readers) -> Blueprint:
    """The route; 404 for clients that may not read it."""
    routes = Blueprint("metrics")

    @routes.get("/metrics")
    async def metrics(request: Request) -> HTTPResponse:
        if not may_read(readers, request.ip, request.headers):
            raise NotFound(f"Requested URL {request.path} not found")
        return response.raw(generate_latest(), content_type=CONTENT_TYPE_LATEST)

    return routes


def may_read(readers: Readers, address: str, headers: Mapping[str, str]) -> bool:
    """Whether a client may read the metrics. `address` is that of the connection; "loopback" excludes proxies."""
    if readers != "loopback":
        return readers == "everyone"
    by_proxy = "X-Forwarded-For" in headers or "Forwarded" in headers
    return not by_proxy and ipaddress.ip_address(address).is_loopback
