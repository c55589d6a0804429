"""The exceptions of Klantkompas.

    KlantkompasError
    ├── ConfigurationError       a setting, model or build step is missing or wrong
    │   └── ModelError           the model could not be trained or loaded
    ├── StorageError             a database failed
    │   └── ConflictError        a unique key already exists
    ├── MailError                an e-mail was not sent
    ├── LockTimeoutError         the lock of a conversation was not acquired in time
    ├── HTTPError                a request that is answered with an HTTP error status
    │   └── RateLimitError       too many requests (429)
    ├── InvalidTokenError        a session token is forged, expired or malformed
    ├── UnknownMessageError      no such message in this conversation
    ├── UnknownPersonError       a text that identifies no person
    └── ChannelUnavailableError  the chat channel does not let us write there

`bot.knowledge.KnowledgeError` and `bot.evaluation` add their own below KlantkompasError.
"""

from __future__ import annotations


class KlantkompasError(Exception):
    """Base class of all exceptions that Klantkompas raises itself."""


class ConfigurationError(KlantkompasError):
    """A setting, model or build step is missing or wrong. The message says what to do."""


class ModelError(ConfigurationError):
    """The model could not be trained or loaded."""


class StorageError(KlantkompasError):
    """A database failed. The operation may work when it is repeated."""


class ConflictError(StorageError):
    """A row with the same unique key already exists."""


class MailError(KlantkompasError):
    """An e-mail was not sent. The message says why, without addresses."""


class LockTimeoutError(KlantkompasError):
    """The lock of a conversation was not acquired in time, or the lock service failed."""


class HTTPError(KlantkompasError):
    """A request that is answered with an HTTP error status.

    Attributes:
        status: HTTP status code.
        body: JSON body of the response: `error` for developers, `problem` (a code that the chat page explains to
            visitors) and further fields.
    """

    def __init__(self, status: int, error: str, problem: str = "failed", **fields: object) -> None:
        self.status = status
        self.body = {"error": error, "problem": problem, **fields}
        super().__init__(error)


class RateLimitError(HTTPError):
    """Too many requests; `seconds` until the next one is allowed."""

    def __init__(self, seconds: int, error: str | None = None) -> None:
        self.seconds = seconds
        super().__init__(429, error or f"too many requests; try again in {seconds} s", "too_fast", seconds=seconds)


class InvalidTokenError(KlantkompasError):
    """A session token is forged, expired or malformed."""


class UnknownMessageError(KlantkompasError):
    """There is no such message of the advisor in this conversation."""


class UnknownPersonError(KlantkompasError, ValueError):
    """A text that identifies no person."""


class ChannelUnavailableError(KlantkompasError):
    """The chat channel does not let us write there."""
