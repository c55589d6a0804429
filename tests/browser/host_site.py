"""A website of somebody else that carries the widget."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

LOGO = "/logo.svg"
"""The address of an image on the site."""
IMAGE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><circle cx="5" cy="5" r="5" fill="#c2410c"/></svg>'
)

PAGE = """<!doctype html>
<html{lang}><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Een site</title><link rel="icon" href="data:,">{script}{head}</head>
<body><main><h1>Een site</h1><p><a href="#x">Een link</a> <button type="button">Een knop</button></p>{body}</main>
</body></html>"""


class HostSite:
    """Serves pages on a port of its own, under any name that leads to this machine."""

    def __init__(self, chat: str) -> None:
        """`chat` is the address of the server whose widget the pages carry."""
        self.chat = chat
        self._pages: dict[str, tuple[str, str | None]] = {}
        pages = self._pages

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                page, policy = pages.get(path, ("", None))
                is_logo = path == LOGO
                self.send_response(200 if page or is_logo else 404)
                self.send_header("Content-Type", "image/svg+xml" if is_logo else "text/html; charset=utf-8")
                if policy:
                    self.send_header("Content-Security-Policy", policy)
                self.end_headers()
                self.wfile.write(IMAGE if is_logo else page.encode())

            def log_message(self, *_: object) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def strict_policy(self) -> str:
        """The strictest policy under which the widget works."""
        return f"default-src 'none'; script-src {self.chat}; frame-src {self.chat}; style-src 'none'; img-src data:"

    def page(
        self,
        attributes: str | None = 'data-language="nl"',
        *,
        lang: str | None = "nl",
        body: str = "",
        head: str = "",
        policy: str | None = None,
        host: str = "127.0.0.1",
        when: str = "defer",
    ) -> str:
        """The address of a new page.

        Args:
            attributes: Those of the script element; None for a page without the widget.
            lang: The language of the document.
            body: Markup at the end of its body.
            head: Markup at the end of its head.
            policy: Its Content-Security-Policy.
            host: The name in the address.
            when: What tells the browser when to run the script: `defer`, nothing, `async` or `type="module"`.
        """
        script = "" if attributes is None else f'<script src="{self.chat}/widget.js" {attributes} {when}></script>'
        path = f"/{len(self._pages) + 1}"
        html = PAGE.format(lang=f' lang="{lang}"' if lang else "", script=script, head=head, body=body)
        self._pages[path] = (html, policy)
        return f"http://{host}:{self._server.server_port}{path}"

    def close(self) -> None:
        """Stops serving."""
        self._server.shutdown()
        self._server.server_close()
