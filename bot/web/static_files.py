"""Files for browsers, served from memory."""

from __future__ import annotations

import gzip
import hashlib

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

FOREVER = "public, max-age=31536000, immutable"
"""For files whose name changes with their content."""
BRIEFLY = "public, max-age=300"


class StaticFile:
    """A text file, with what HTTP caches ask for: an ETag, and a compressed form."""

    def __init__(self, plain: bytes, kind: str, cache: str, packed: bytes | None = None) -> None:
        """Compresses the file, unless that was done before.

        Args:
            plain: Its content.
            kind: Media type, without the character set.
            cache: Value of Cache-Control.
            packed: The content, compressed by gzip.
        """
        self.plain, self._packed = plain, packed or gzip.compress(plain, 9)
        self._kind = f"{kind}; charset=utf-8"
        self._headers = {
            "Cache-Control": cache,
            "ETag": f'"{hashlib.sha256(plain).hexdigest()[:16]}"',
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
        }

    def send(self, request: Request) -> HTTPResponse:
        """The response with the file; 304 to a browser that has it."""
        if request.headers.get("If-None-Match") == self._headers["ETag"]:
            return response.raw(b"", status=304, headers=self._headers)
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            headers = {**self._headers, "Content-Encoding": "gzip"}
            return response.raw(self._packed, content_type=self._kind, headers=headers)
        return response.raw(self.plain, content_type=self._kind, headers=self._headers)
