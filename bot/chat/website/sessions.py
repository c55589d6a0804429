"""Visitors' sessions as signed tokens, so that no client can guess the id of a conversation."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from itsdangerous import BadData, URLSafeTimedSerializer

from bot.errors import InvalidTokenError
from bot.knowledge import LANGUAGES, Language

PREFIX = "website-"
"""Of conversation ids."""


@dataclass(frozen=True)
class Session:
    """A visitor's conversation and the language it began in."""

    conversation: str
    language: Language


class Sessions:
    """Issues and verifies tokens."""

    def __init__(self, secret: str, days: int) -> None:
        """`secret` is the signing key; tokens expire after `days` days."""
        self._serializer = URLSafeTimedSerializer(secret, salt="website session")
        self._max_age = days * 24 * 60 * 60

    def issue(self, language: Language) -> tuple[Session, str]:
        """A new conversation and the token for it."""
        session = Session(f"{PREFIX}{secrets.token_urlsafe(16)}", language)
        return session, str(self._serializer.dumps([session.conversation, session.language]))

    def read(self, token: str) -> Session:
        """The session of a token.

        Raises:
            InvalidTokenError: It is forged, expired or malformed.
        """
        try:
            conversation, language = self._serializer.loads(token, max_age=self._max_age)
        except (BadData, TypeError, ValueError) as error:
            raise InvalidTokenError from error
        return Session(str(conversation), language if language in LANGUAGES else "nl")


def read_or_create_secret(file: Path) -> str:
    """The signing key in a file that only this user can read; created on first use."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(secrets.token_urlsafe(32))
    except FileExistsError:
        pass
    return file.read_text()
