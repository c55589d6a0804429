"""The pages and files that a browser loads: the widget's loader, the chat page, and a demo website."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sanic import Blueprint, response
from sanic.exceptions import NotFound
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.demo import businesses
from bot.errors import ConfigurationError
from bot.knowledge import LANGUAGES, Knowledge, Language
from bot.reports import MAX_BYTES
from bot.services import Services
from bot.settings import ROOT
from bot.web.static_files import BRIEFLY, FOREVER, StaticFile
from bot.web.templates import page

BUILT = ROOT / "bot" / "widget" / "dist"
"""Build output of bot/widget/src."""

LOADER_TEXTS = (
    "open",
    "close",
    "unread",
    "invitation",
    "dismiss",
    "title",
    "subtitle",
    "loading",
    "unreachable",
    "again",
)
"""Texts of widget.yml that the loader shows."""

ACCENT = "#0b5d50"
THEMES = ("auto", "light", "dark")
TYPES = {".js": "text/javascript", ".css": "text/css", ".txt": "text/plain"}


NOT_LISTED = StaticFile(
    b"""{
  const why = "may not show the chat of Klantkompas. Its owner can add the address to KLANTKOMPAS_SITES.";
  const explain = () => console.warn(`Pages of ${location.origin} ${why}`);
  window.klantkompas ??= { open: explain, close: explain, toggle: explain, ask: explain };
  explain();
}
""",
    "text/javascript",
    BRIEFLY,
)
"""The loader for a site that is not on the list: its visitors see nothing, its owner reads why on the console."""


class WidgetFiles:
    """The built files of the widget, read once; the build compressed them."""

    def __init__(self, knowledge: Knowledge, folder: Path = BUILT) -> None:
        """Reads the files and inserts the texts of the knowledge base into the loader.

        Raises:
            ConfigurationError: The widget has not been built.
        """
        try:
            self.names: Mapping[str, str] = json.loads((folder / "manifest.json").read_text())
        except FileNotFoundError as error:
            raise ConfigurationError(
                f"{folder} has no manifest.json; `make widget` builds the chat for websites"
            ) from error
        loader = self.names["loader.js"]
        self._files = {
            path.name: StaticFile(
                path.read_bytes(), TYPES[path.suffix], FOREVER, path.with_name(f"{path.name}.gz").read_bytes()
            )
            for path in folder.iterdir()
            if path.suffix in TYPES and path.name != loader
        }
        self.loader = StaticFile(
            _loader((folder / loader).read_text(encoding="utf-8"), knowledge), "text/javascript", BRIEFLY
        )

    def send(self, request: Request, name: str) -> HTTPResponse:
        """The response with a file, by its hashed name.

        Raises:
            NotFound: There is no such file.
        """
        if name not in self._files:
            raise NotFound(f"the widget has no file {name}")
        return self._files[name].send(request)


def _loader(script: str, knowledge: Knowledge) -> bytes:
    """The loader script with its texts from the knowledge base."""
    texts = {key: knowledge.widget[key] for key in LOADER_TEXTS}
    filled = {language: {key: text.localized(language) for key, text in texts.items()} for language in LANGUAGES}
    return script.replace('"__TEXTS__"', json.dumps(filled, ensure_ascii=False).replace("</", "<\\/"), 1).encode()


def blueprint(services: Services) -> Blueprint:
    """The routes.

    Raises:
        ConfigurationError: The widget has not been built.
    """
    files, sites = WidgetFiles(services.knowledge), services.settings.allowed_sites
    routes = Blueprint("website_pages")

    @routes.get("/widget.js")
    async def loader(request: Request) -> HTTPResponse:
        site = _site(request)
        listed = site is None or may_show(site, request.host, sites)
        sent = (files.loader if listed else NOT_LISTED).send(request)
        sent.headers["Vary"] = "Accept-Encoding, Origin, Referer"
        sent.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        sent.headers["Access-Control-Allow-Origin"] = "*"  # browsers load modules of other sites only with it
        return sent

    @routes.get("/widget/<name:str>")
    async def file(request: Request, name: str) -> HTTPResponse:
        return files.send(request, name)

    @routes.get("/chat")
    async def chat(request: Request) -> HTTPResponse:
        host = request.args.get("host")
        if host and not may_show(host, request.host, sites):
            return _forbidden(host)
        return page("bot/widget/chat.html", _chat_values(request, files, services), _headers(_chat_policy(sites)))

    @routes.get("/")
    async def demo(request: Request) -> HTTPResponse:
        language: Language = "en" if request.args.get("language") == "en" else "nl"
        known = businesses()
        business = known.get(request.args.get("business") or "", next(iter(known.values())))
        values = {
            "files": files.names,
            "language": language,
            "business": business,
            "businesses": known.values(),
            "view": request.args.get("view"),
            "address": f"{request.scheme}://{request.host}",
        }
        return page("bot/demo/page.html", values, _headers(DEMO_POLICY))

    return routes


def _site(request: Request) -> str | None:
    """Origin of the page that asks for a script; None if its browser does not tell."""
    if origin := request.headers.get("Origin"):
        return origin
    referrer = urlsplit(request.headers.get("Referer", ""))
    return f"{referrer.scheme}://{referrer.netloc}" if referrer.netloc else None


def may_show(origin: str, own_host: str, sites: Iterable[str]) -> bool:
    """Whether pages of an origin may show the chat: our own, and those on the list of sites.

    Example:
        >>> may_show("https://www.zaak.nl", own_host="chat.example", sites=["https://*.zaak.nl"])
        True
    """
    if origin.partition("://")[2] == own_host:
        return True
    patterns = (re.escape(site).replace(r":\*", r"(:\d+)?").replace(r"\*", "[a-z0-9.-]+") for site in sites)
    return any(re.fullmatch(pattern, origin) for pattern in patterns)


def _chat_values(request: Request, files: WidgetFiles, services: Services) -> dict[str, Any]:
    """The values of the chat page's template. Query parameters are validated here: the page trusts them."""
    accent, theme = request.args.get("accent") or "", request.args.get("theme")
    wanted = (request.args.get("language") or "").lower()[:2]
    language: Language = "en" if wanted == "en" else "nl"
    knowledge = services.knowledge
    configuration = {
        "host": request.args.get("host"),
        "language": wanted if wanted in LANGUAGES else None,
        "accent": accent if re.fullmatch(r"#[0-9a-fA-F]{6}", accent) else ACCENT,
        "theme": theme if theme in THEMES else "auto",
        "maxLength": services.settings.max_message_length,
        "maxReport": MAX_BYTES,
        "texts": {language: {k: t.localized(language) for k, t in knowledge.widget.items()} for language in LANGUAGES},
    }
    return {
        "files": files.names,
        "language": language,
        **{key: knowledge.widget[key].localized(language) for key in ("title", "loading", "needs_script")},
        "configuration": json.dumps(configuration, ensure_ascii=False).replace("<", "\\u003c"),
    }


def _chat_policy(sites: Iterable[str]) -> str:
    """Content-Security-Policy of the chat page. Vaadin's components add style elements, hence unsafe-inline."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors 'self' {' '.join(sites)}"
    )


DEMO_POLICY = (
    "default-src 'none'; script-src 'self'; frame-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Content-Security-Policy of the demo page: the widget needs script-src and frame-src only."""


def _headers(policy: str) -> dict[str, str]:
    """Headers of a page with a Content-Security-Policy."""
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-cache",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    }


def _forbidden(host: str) -> HTTPResponse:
    text = f"Pages of {host} may not show this chat. Its owner can add the address to KLANTKOMPAS_SITES."
    return response.text(text, status=403, headers={"Content-Security-Policy": "default-src 'none'"})
