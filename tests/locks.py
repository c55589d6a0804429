"""Locks that fail as those of a busy conversation, or of a Redis that is down, do."""

from __future__ import annotations

from rasa.core.lock_store import LockError

from bot.rasa_adapter.lock_store import ProcessLocks


class NeverOurs(ProcessLocks):
    """Locks that somebody else holds for ever."""

    def lock(self, *_: object) -> object:  # type: ignore[override]
        raise LockError("waited 60 s")
