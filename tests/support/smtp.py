"""A mail server on loopback that keeps what it receives."""

from __future__ import annotations

import email.policy
import socketserver
import threading
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from typing import cast

from tests.support.processes import HOST, free_port

REFUSED = "refused@"
"""Beginning of addresses that it does not know."""


@dataclass
class Mail:
    """A mail with its envelope."""

    sender: str
    recipients: list[str] = field(default_factory=list)
    message: EmailMessage = field(default_factory=EmailMessage)


class MailServer:
    """Speaks SMTP (RFC 5321) without extensions. May be stopped and started again on the same port.

    Example:
        >>> with MailServer() as server:
        ...     send_to(server.url)
        ...     (mail,) = server.mails
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"smtp://{HOST}:{self.port}"
        self.mails: list[Mail] = []

    def __enter__(self) -> MailServer:
        self._server = _Server((HOST, self.port), _Session)
        self._server.mails = self.mails
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    mails: list[Mail]


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        mail = Mail("")
        self._reply("220 mail server of a test")
        while line := self.rfile.readline().decode().strip():
            command, _, argument = line.partition(" ")
            command = command.upper()
            address = argument.partition("<")[2].partition(">")[0]
            if command == "MAIL":
                mail = Mail(address)
            if command == "RCPT" and address.startswith(REFUSED):
                self._reply(f"550 5.1.1 <{address}> is unknown here")
                continue
            if command == "RCPT":
                mail.recipients.append(address)
            if command == "DATA":
                self._reply("354 go on")
                mail.message = self._message()
                self.server.mails.append(mail)
            self._reply("221 bye" if command == "QUIT" else "250 fine")
            if command == "QUIT":
                return

    def _message(self) -> EmailMessage:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        parser = BytesParser(policy=email.policy.default)
        return cast(EmailMessage, parser.parsebytes(b"".join(lines)))

    def _reply(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())
