"""Structured logging: as text for people or as JSON for machines."""

from __future__ import annotations

import contextlib
import logging
import secrets
from collections.abc import Iterator
from typing import Literal

import structlog
from structlog.types import Processor

from bot.observability.masking import mask_event
from bot.observability.metrics import ErrorCounter


def configure(log_format: Literal["text", "json"]) -> None:
    """Logs warnings and errors to standard error, with the fields of `log_context`, masked; also those of Rasa."""
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False, pad_event=0, exception_formatter=structlog.dev.plain_traceback)
    )
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
        mask_event,
    ]
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler, ErrorCounter()]
    root.setLevel(logging.WARNING)
    structlog.configure(  # Rasa logs with structlog
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        cache_logger_on_first_use=True,
    )


@contextlib.contextmanager
def log_context(**fields: str) -> Iterator[str]:
    """Adds fields and a `turn` id to every log line in the block; yields that id.

    Fields must not contain personal data or what a visitor wrote.
    """
    turn = secrets.token_hex(4)
    with structlog.contextvars.bound_contextvars(turn=turn, **fields):
        yield turn
