"""HTML pages from Jinja templates, which lie beside the code that shows them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sanic import response
from sanic.response import HTTPResponse

from bot.settings import ROOT


def page(template: str, values: Mapping[str, Any], headers: Mapping[str, str], status: int = 200) -> HTTPResponse:
    """The response with a page; `template` is the path of its file from the root of the project."""
    html = _environment().get_template(template).render(values)
    return response.html(html, status=status, headers={**headers, "X-Content-Type-Options": "nosniff"})


@lru_cache(maxsize=1)
def _environment() -> Environment:
    loader = FileSystemLoader(ROOT)  # no reload: new templates must not mix with an old server
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, auto_reload=False)
