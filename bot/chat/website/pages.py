"""The pages and files that a browser loads: the widget's loader, the chat page, and a demo website."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from sanic import Blueprint, response
from sanic.exceptions import NotFound
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.chat.guard import storable
from bot.chat.website.brand_file import WatchedBrand
from bot.demo import businesses
from bot.errors import ConfigurationError
from bot.knowledge import LANGUAGES, Knowledge, Language
from bot.knowledge.brand import MAX_NAME, MAX_TEXT
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
    "title",
    "subtitle",
    "loading",
    "unreachable",
    "again",
)
INVITATION_TEXTS = ("invitation", "dismiss")
"""Texts of widget.yml that the loader shows, and the invitation."""

ACCENT = "#0b5d50"
THEMES = ("auto", "light", "dark")
TYPES = {".js": "text/javascript", ".css": "text/css", ".txt": "text/plain"}


NOT_LISTED = StaticFile(
    b"""{
  const why = "may not show the chat of Klantkompas. Its owner can add the address to KLANTKOMPAS_SITES.";
  const explain = () => console.warn(`Pages of ${location.origin} ${why}`);
  const names = ["open", "close", "toggle", "ask", "hide", "show", "setLanguage"];
  window.klantkompas ??= { ...Object.fromEntries(names.map((name) => [name, explain])), on: () => () => {} };
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
        loader, extras = self.names["loader.js"], self.names["extras.js"]
        self._files = {
            path.name: StaticFile(
                path.read_bytes(), TYPES[path.suffix], FOREVER, path.with_name(f"{path.name}.gz").read_bytes()
            )
            for path in folder.iterdir()
            if path.suffix in TYPES and path.name not in (loader, extras)
        }
        script = (folder / extras).read_text(encoding="utf-8")
        filled = _fill(script, "__INVITATION_TEXTS__", _texts(knowledge, INVITATION_TEXTS))
        self._files[extras] = StaticFile(filled.encode(), TYPES[".js"], BRIEFLY)
        script = (folder / loader).read_text(encoding="utf-8")
        self._script = _fill(script, "__TEXTS__", _texts(knowledge, LOADER_TEXTS))
        self._loader: tuple[Any, StaticFile] | None = None

    def loader(self, rules: Any) -> StaticFile:
        """The loader with the settings of brand.yml."""
        if self._loader is None or self._loader[0] != rules:
            script = _fill(self._script, "__RULES__", rules)
            self._loader = (rules, StaticFile(script.encode(), TYPES[".js"], BRIEFLY))
        return self._loader[1]

    def send(self, request: Request, name: str) -> HTTPResponse:
        """The response with a file, by its hashed name.

        Raises:
            NotFound: There is no such file.
        """
        if name not in self._files:
            raise NotFound(f"the widget has no file {name}")
        return self._files[name].send(request)


def _texts(knowledge: Knowledge, keys: Iterable[str]) -> dict[str, dict[str, str]]:
    """Texts of widget.yml by language and key."""
    texts = {key: knowledge.widget[key] for key in keys}
    return {language: {key: text.localized(language) for key, text in texts.items()} for language in LANGUAGES}


def _fill(script: str, placeholder: str, data: Any) -> str:
    """A script with JSON data in the place of a string."""
    return script.replace(f'"{placeholder}"', json.dumps(data, ensure_ascii=False).replace("</", "<\\/"), 1)


def blueprint(services: Services, files: WidgetFiles) -> Blueprint:
    """The routes."""
    sites = services.settings.allowed_sites
    brand = WatchedBrand(services.settings.knowledge, services.knowledge.brand)
    routes = Blueprint("website_pages")

    @routes.get("/widget.js")
    async def loader(request: Request) -> HTTPResponse:
        site = _site(request)
        listed = site is None or may_show(site, request.host, sites)
        sent = (files.loader(brand.rules) if listed else NOT_LISTED).send(request)
        sent.headers["Vary"] = "Accept-Encoding, Origin, Referer"
        return _for_all_sites(sent)

    @routes.get("/widget/<name:str>")
    async def file(request: Request, name: str) -> HTTPResponse:
        return _for_all_sites(files.send(request, name))

    @routes.get("/chat")
    async def chat(request: Request) -> HTTPResponse:
        host = request.args.get("host")
        if host and not may_show(host, request.host, sites):
            return _forbidden(host)
        values = _chat_values(request, files, services, brand.rules)
        return page("bot/widget/chat.html", values, headers(_chat_policy(sites, host)))

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
        return page("bot/demo/page.html", values, headers(DEMO_POLICY))

    return routes


def _for_all_sites(sent: HTTPResponse) -> HTTPResponse:
    """The response with a script, such that pages of other sites may load it: as a module too."""
    sent.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    sent.headers["Access-Control-Allow-Origin"] = "*"
    return sent


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
    scheme, _, host = origin.partition("://")
    if scheme in ("http", "https") and host == own_host:
        return True
    patterns = (re.escape(site).replace(r":\*", r"(:\d+)?").replace(r"\*", "[a-z0-9.-]+") for site in sites)
    return any(re.fullmatch(pattern, origin) for pattern in patterns)


def _chat_values(
    request: Request, files: WidgetFiles, services: Services, rules: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    """The values of the chat page's template. Query parameters are validated here: the page trusts them."""
    accent, theme = request.args.get("accent") or "", request.args.get("theme")
    wanted = (request.args.get("language") or "").lower()[:2]
    language: Language = "en" if wanted == "en" else "nl"
    texts = _texts(services.knowledge, services.knowledge.widget)
    configuration = {
        "host": request.args.get("host"),
        "language": wanted if wanted in LANGUAGES else None,
        "accent": accent if re.fullmatch(r"#[0-9a-fA-F]{6}", accent) else ACCENT,
        "theme": theme if theme in THEMES else "auto",
        "brand": _brand(request, rules),
        "maxLength": services.settings.max_message_length,
        "maxReport": MAX_BYTES,
        "texts": texts,
    }
    return {
        "files": files.names,
        "language": language,
        **{key: texts[language][key] for key in ("title", "loading", "needs_script")},
        "configuration": json.dumps(configuration, ensure_ascii=False).replace("<", "\\u003c"),
    }


def _brand(request: Request, rules: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """What makes the chat that of a site: in a frame as the loader asks, in a window of its own as brand.yml says."""
    wanted: Mapping[str, str] = {key: values[0] for key, values in request.args.items()}
    if "host" not in wanted:
        of_file = next((rule for rule in rules if "pages" not in rule), {})
        language = "En" if wanted.get("language") == "en" else "Nl"
        wanted = {key.removesuffix(language): value for key, value in of_file.items()}
    brand = {
        "name": storable(wanted.get("name", ""))[:MAX_NAME].strip(),
        "greeting": storable(wanted.get("greeting", ""))[:MAX_TEXT].strip(),
        "logo": _logo(wanted.get("logo", ""), request),
    }
    return {"credit": wanted.get("credit") != "off", **{key: value for key, value in brand.items() if value}}


def _logo(logo: str, request: Request) -> str | None:
    """The address of a logo, if it is of the site that shows the chat, or of this server."""
    own = f"{request.scheme}://{request.host}"
    try:
        address = urlsplit(urljoin(own, logo)) if logo else None
    except ValueError:
        return None
    if address is None or f"{address.scheme}://{address.netloc}" not in (own, request.args.get("host")):
        return None
    return address.geturl()


def _chat_policy(sites: Iterable[str], host: str | None = None) -> str:
    """Content-Security-Policy of the chat page in a frame of `host`, which may have a logo.

    Vaadin's components add style elements, hence unsafe-inline.
    """
    return (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        f"img-src 'self' data: {host or ''}; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors 'self' {' '.join(sites)}"
    )


DEMO_POLICY = (
    "default-src 'none'; script-src 'self'; frame-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Content-Security-Policy of the demo page: the widget needs script-src and frame-src only."""


def headers(policy: str) -> dict[str, str]:
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
