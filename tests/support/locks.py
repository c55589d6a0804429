"""Locks that fail like those of a busy conversation, or of a Redis that is down."""

from __future__ import annotations

from rasa.core.lock_store import LockError

from bot.rasa_adapter.lock_store import ProcessLocks


class TimedOutLocks(ProcessLocks):
    """A lock store whose locks always time out."""

    def lock(self, *_: object) -> object:  # type: ignore[override]
        raise LockError("lock timeout after 60 s")
