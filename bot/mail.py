"""Sends e-mail by SMTP."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from bot.errors import MailError

LOOPBACK = frozenset({"localhost", "127.0.0.1"})
"""A mail server on this machine needs no encryption."""

STEP_TIMEOUT = 10
MAIL_TIMEOUT = 20
"""Seconds, for one reply of the mail server and for a whole mail."""

AT_ONCE = 2
"""Mails that are sent at the same time. They have threads of their own, so that a slow mail server delays no answer."""


class Mailer:
    """Sends mail through one mail server; encrypted, with its certificate verified, unless it is on this machine."""

    def __init__(self, url: str) -> None:
        """Takes smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465."""
        self._server = urlsplit(url)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="mail")

    async def send(self, message: EmailMessage) -> None:
        """Sends a mail to its recipients.

        Raises:
            MailError: The mail server could not be reached, or refused the mail.
        """
        sending = asyncio.get_running_loop().run_in_executor(self._threads, self._send, message)
        try:
            await asyncio.wait_for(sending, MAIL_TIMEOUT)
        except (OSError, asyncio.TimeoutError) as error:  # smtplib's exceptions are OSErrors
            raise MailError(_reason(error)) from None  # the original error may hold the recipient's address

    def _send(self, message: EmailMessage) -> None:
        with self._connect() as smtp:
            if self._server.scheme == "smtp" and self._server.hostname not in LOOPBACK:
                smtp.starttls(context=ssl.create_default_context())
            if self._server.username:
                smtp.login(unquote(self._server.username), unquote(self._server.password or ""))
            smtp.send_message(message)

    def _connect(self) -> smtplib.SMTP:
        host, port = self._server.hostname or "", self._server.port or 0  # 0: the usual port
        if self._server.scheme == "smtps":
            return smtplib.SMTP_SSL(host, port, timeout=STEP_TIMEOUT, context=ssl.create_default_context())
        return smtplib.SMTP(host, port, timeout=STEP_TIMEOUT)


def _reason(error: Exception) -> str:
    """What went wrong, without the replies of the mail server, which repeat addresses."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"recipient refused: {', '.join(str(code) for code, _ in error.recipients.values())}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__}: {error.smtp_code}"
    return repr(error)
