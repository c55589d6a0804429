"""The routes of the install page, on which a marketer sets up the chat for a site: /install and its preview."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup, escape
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.chat.website.pages import WidgetFiles, headers, may_show
from bot.install.form import FIELDS, NUMBER_FIELDS, InstallForm
from bot.install.snippets import html_line, tag_manager
from bot.knowledge import Language
from bot.services import Services
from bot.web.templates import page

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; frame-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
)
"""Content-Security-Policy of the page and of its preview."""

NOT_SHOWN = ("data-logo", "data-data-layer")
"""Attributes without effect in the preview: the logo is on the marketer's own site."""


def blueprint(services: Services, files: WidgetFiles) -> Blueprint:
    """The routes."""
    routes = Blueprint("install", url_prefix="/install")
    kinds, sites = services.knowledge.site_kinds, services.settings.allowed_sites

    def read(request: Request) -> InstallForm:
        query = {key: values[0] for key, values in request.args.items()}
        return InstallForm.read(query, f"{request.scheme}://{request.host}")

    def say(language: Language, key: str, **values: object) -> str:
        return services.knowledge.install[key].localized(language).format(**values)

    @routes.get("/")
    async def install(request: Request) -> HTTPResponse:
        language: Language = "en" if request.args.get("in") == "en" else "nl"
        form = read(request)
        kind = kinds.get(form.kind, next(iter(kinds.values())))
        address = services.settings.public_url or f"{request.scheme}://{request.host}"
        snippet = (tag_manager if kind.script else html_line)(address, form.attributes())
        values: dict[str, Any] = {
            "files": files.names,
            "language": language,
            "say": lambda key, **values: say(language, key, **values),
            "form": form,
            "known": services.knowledge.install,
            "kinds": kinds.values(),
            "kind": kind,
            "steps": [_with_code(step) for step in kind.steps.localized(language)],
            "snippet": snippet,
            "preview": _query(form),
            "numbers": NUMBER_FIELDS,
            "is_listed": bool(form.site) and "site" not in form.faults and may_show(form.site, request.host, sites),
        }
        return page("bot/install/page.html", values, headers(POLICY.format(ancestors="'none'")))

    @routes.get("/preview")
    async def preview(request: Request) -> HTTPResponse:
        language: Language = "en" if request.args.get("in") == "en" else "nl"
        values = {
            "files": files.names,
            "language": language,
            "say": lambda key, **values: say(language, key, **values),
            "attributes": {key: value for key, value in read(request).attributes().items() if key not in NOT_SHOWN},
        }
        return page("bot/install/preview.html", values, headers(POLICY.format(ancestors="'self'")))

    return routes


def _query(form: InstallForm) -> dict[str, str]:
    """The fields that the preview needs."""
    return {"sent": "1", **{key: form.values[key] for key in FIELDS if form.values[key] not in ("", "off")}}


def _with_code(step: str) -> Markup:
    """A step as HTML, with what stands between backquotes as code."""
    parts = enumerate(step.split("`"))
    return Markup("").join(Markup("<code>{}</code>").format(part) if at % 2 else escape(part) for at, part in parts)
