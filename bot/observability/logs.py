"""Log lines: as text for people or as JSON for machines, each with what it is about."""

from __future__ import annotations

import contextlib
import logging
import secrets
from collections.abc import Iterator
from typing import Literal

import structlog
from structlog.types import Processor

from bot.observability.masking import mask_event
from bot.observability.metrics import CountErrors


def set_up(form: Literal["text", "json"]) -> None:
    """Warnings and errors go to standard error, with the fields of `about`, Rasa's too; errors are counted."""
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
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
    root.handlers = [handler, CountErrors()]
    root.setLevel(logging.WARNING)
    structlog.configure(  # what Rasa logs with structlog goes the same way
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        cache_logger_on_first_use=True,
    )


@contextlib.contextmanager
def about(**facts: str) -> Iterator[str]:
    """Gives every log line in the block these facts and one `turn`, by which the lines of a turn are found together.

    Yields that id. Nothing that a visitor said belongs in the facts.
    """
    turn = secrets.token_hex(4)
    with structlog.contextvars.bound_contextvars(turn=turn, **facts):
        yield turn
