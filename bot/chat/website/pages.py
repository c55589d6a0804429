"""The pages and files that a browser loads: the loader, the chat page, and a demo page of a business."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sanic import Blueprint, response
from sanic.exceptions import NotFound
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.demo import businesses
from bot.knowledge import LANGUAGES, Language, load_knowledge
from bot.settings import ROOT, settings

BUILT = ROOT / "bot" / "widget" / "dist"
"""What `make` built of bot/widget/src."""

LOADER_TEXTS = ("open", "close", "unread", "invitation", "dismiss", "unreachable")
"""The texts of widget.yml that the loader shows itself."""

ACCENT = "#0b5d50"
THEMES = ("auto", "light", "dark")
TYPES = {".js": "text/javascript", ".css": "text/css", ".txt": "text/plain"}
FOREVER = "public, max-age=31536000, immutable"
BRIEFLY = "public, max-age=300"


class NotBuilt(Exception):
    """The widget has not been built; the message says how."""


class Files:
    """The built files, read once, compressed by the build."""

    def __init__(self, folder: Path = BUILT) -> None:
        """Raises NotBuilt."""
        try:
            self.names: Mapping[str, str] = json.loads((folder / "manifest.json").read_text())
        except FileNotFoundError as error:
            raise NotBuilt(f"{folder} has no manifest.json; `make widget` builds the chat for websites") from error
        self._plain = {p.name: p.read_bytes() for p in folder.iterdir() if p.suffix in TYPES}
        self._packed = {p.stem: p.read_bytes() for p in folder.iterdir() if p.suffix == ".gz"}
        self.loader = _loader(self._plain.pop(self.names["loader.js"]).decode())

    def send(self, request: Request, name: str) -> HTTPResponse:
        """A file under its hashed name. Raises NotFound."""
        if name not in self._plain:
            raise NotFound(f"{name} is no file of the widget")
        return _file(request, self._plain[name], self._packed[name], TYPES[Path(name).suffix], FOREVER)


def _loader(script: str) -> bytes:
    """The loader with its texts filled in: they live in the knowledge base, so that a marketer can change them."""
    texts = {key: load_knowledge(settings().knowledge).widget[key] for key in LOADER_TEXTS}
    filled = {language: {key: text.in_(language) for key, text in texts.items()} for language in LANGUAGES}
    return script.replace('"__TEXTS__"', json.dumps(filled, ensure_ascii=False).replace("</", "<\\/"), 1).encode()


def blueprint() -> Blueprint:
    """The routes. Raises NotBuilt."""
    files = Files()
    packed_loader, tag = gzip.compress(files.loader, 9), f'"{hashlib.sha256(files.loader).hexdigest()[:16]}"'
    routes = Blueprint("website_pages")

    @routes.get("/widget.js")
    async def loader(request: Request) -> HTTPResponse:
        if request.headers.get("If-None-Match") == tag:
            return response.raw(b"", status=304, headers={"ETag": tag, "Cache-Control": BRIEFLY})
        sent = _file(request, files.loader, packed_loader, "text/javascript", BRIEFLY)
        sent.headers.update({"ETag": tag, "Cross-Origin-Resource-Policy": "cross-origin"})
        return sent

    @routes.get("/widget/<name:str>")
    async def file(request: Request, name: str) -> HTTPResponse:
        return files.send(request, name)

    @routes.get("/chat")
    async def chat(request: Request) -> HTTPResponse:
        host = request.args.get("host")
        if host and not may_show(host, request):
            return _not_listed(host)
        return _page("bot/widget/chat.html", _chat_values(request, files, host), _chat_policy())

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
            "address": f"{request.scheme}://{request.host}",
        }
        return _page("bot/demo/page.html", values, DEMO_POLICY)

    return routes


def may_show(origin: str, request: Request) -> bool:
    """Whether pages of an origin may show the chat: ours, and those of `settings().allowed_sites`."""
    if origin.partition("://")[2] == request.host:
        return True
    patterns = (re.escape(site).replace(r":\*", r"(:\d+)?").replace(r"\*", "[a-z0-9.-]+") for site in _sites())
    return any(re.fullmatch(pattern, origin) for pattern in patterns)


def _sites() -> tuple[str, ...]:
    return settings().allowed_sites


def _chat_values(request: Request, files: Files, host: str | None) -> dict[str, Any]:
    """What the chat page is told. Everything from the address is checked: the page trusts it."""
    accent, theme = request.args.get("accent") or "", request.args.get("theme")
    wanted = (request.args.get("language") or "").lower()[:2]
    language: Language = "en" if wanted == "en" else "nl"
    knowledge = load_knowledge(settings().knowledge)
    configuration = {
        "host": host,
        "language": wanted if wanted in LANGUAGES else None,
        "accent": accent if re.fullmatch(r"#[0-9a-fA-F]{6}", accent) else ACCENT,
        "theme": theme if theme in THEMES else "auto",
        "maxLength": settings().max_message_length,
        "texts": {language: {k: t.in_(language) for k, t in knowledge.widget.items()} for language in LANGUAGES},
    }
    return {
        "files": files.names,
        "language": language,
        **{key: knowledge.widget[key].in_(language) for key in ("title", "loading", "needs_script")},
        "configuration": json.dumps(configuration, ensure_ascii=False).replace("<", "\\u003c"),
    }


def _chat_policy() -> str:
    """What the chat page may load (only from us), and who may show it. Vaadin's components add style elements."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors 'self' {' '.join(_sites())}"
    )


DEMO_POLICY = (
    "default-src 'none'; script-src 'self'; frame-src 'self'; style-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""As strict as a careful website's: the widget needs script-src and frame-src, nothing else."""


@lru_cache(maxsize=1)
def _templates() -> Environment:
    loader = FileSystemLoader(ROOT)  # read once: an update of the files must not mix with a server of before
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, auto_reload=False)


def _page(template: str, values: Mapping[str, Any], policy: str) -> HTTPResponse:
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    }
    return response.html(_templates().get_template(template).render(values), headers=headers)


def _not_listed(host: str) -> HTTPResponse:
    text = f"Pages of {host} may not show this chat. Its owner can add the address to KLANTKOMPAS_SITES."
    return response.text(text, status=403, headers={"Content-Security-Policy": "default-src 'none'"})


def _file(request: Request, plain: bytes, packed: bytes, kind: str, cache: str) -> HTTPResponse:
    headers = {"Cache-Control": cache, "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"}
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return response.raw(
            packed, content_type=f"{kind}; charset=utf-8", headers={**headers, "Content-Encoding": "gzip"}
        )
    return response.raw(plain, content_type=f"{kind}; charset=utf-8", headers=headers)
