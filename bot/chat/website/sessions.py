"""Sessions of visitors: signed tokens, so that nobody can name another's conversation."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from itsdangerous import BadData, URLSafeTimedSerializer

from bot.knowledge import LANGUAGES, Language

PREFIX = "website-"
"""How the ids of conversations on a website begin."""


@dataclass(frozen=True)
class Session:
    """A visitor's conversation and the language it began in."""

    conversation: str
    language: Language


class InvalidToken(Exception):
    """A token that we did not sign, that was changed, or that is too old."""


class Sessions:
    """Issues tokens and reads them back."""

    def __init__(self, secret: str, days: int) -> None:
        """`secret` signs; tokens are good for `days` days."""
        self._serializer = URLSafeTimedSerializer(secret, salt="website session")
        self._max_age = days * 24 * 60 * 60

    def issue(self, language: Language) -> tuple[Session, str]:
        """A new conversation and the token for it."""
        session = Session(f"{PREFIX}{secrets.token_urlsafe(16)}", language)
        return session, str(self._serializer.dumps([session.conversation, session.language]))

    def read(self, token: str) -> Session:
        """The session of a token. Raises InvalidToken."""
        try:
            conversation, language = self._serializer.loads(token, max_age=self._max_age)
        except (BadData, TypeError, ValueError) as error:
            raise InvalidToken from error
        return Session(str(conversation), language if language in LANGUAGES else "nl")


def kept_secret(file: Path) -> str:
    """The secret in a file that only we can read; made on first use."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(secrets.token_urlsafe(32))
    except FileExistsError:
        pass
    return file.read_text()
