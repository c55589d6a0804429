"""Sets Rasa and what it is built on up as we need them, silent above all. Call before Rasa is imported."""

from __future__ import annotations

import logging
import os
import warnings


def quiet() -> None:
    """Only warnings and errors are logged; no telemetry; no cache of training steps."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    # The cache looks at configuration and data, not at the code of our components, and would reuse what old code made.
    os.environ["RASA_MAX_CACHE_SIZE"] = "0"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    # Some of these libraries undo filters, so leave warnings no way to be shown.
    warnings.showwarning = lambda *_, **__: None
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    for name in ("rasa", "sanic.root", "sanic.access", "matplotlib", "tensorflow", "apscheduler", "slack_bolt"):
        logging.getLogger(name).setLevel(logging.ERROR)
