"""Prometheus metrics of the server."""

from __future__ import annotations

import logging

from prometheus_client import Counter, Gauge, Histogram

TURNS = Counter("klantkompas_turns", "Messages answered; outcome: answered or apologised", ["channel", "outcome"])
SECONDS = Histogram(
    "klantkompas_turn_seconds",
    "Seconds from a message's turn until its answer",
    ["channel"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
QUEUE = Gauge("klantkompas_queue", "Messages that wait for an answer or get one now")
INTENTS = Counter("klantkompas_intents", "Messages by recognised intent", ["intent"])
FALLBACKS = Counter("klantkompas_fallbacks", "Messages that were not understood or out of scope", ["intent"])
DIAGNOSES = Counter("klantkompas_phases", "Diagnoses and advice by phase", ["phase"])
REFUSED = Counter("klantkompas_refused", "Requests that were refused; reason: the HTTP status", ["channel", "reason"])
ERRORS = Counter("klantkompas_errors", "Errors in the log, by the part that wrote them", ["part"])

NOT_UNDERSTOOD = frozenset({"nlu_fallback", "out_of_scope"})


class ErrorCounter(logging.Handler):
    """A log handler that counts errors by logger."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        """Counts one record."""
        ERRORS.labels(record.name).inc()
