"""Configures Rasa and its libraries by environment variables and log levels. Call before Rasa is imported."""

from __future__ import annotations

import logging
import os


def configure() -> None:
    """Turns off telemetry and the cache of training steps, and logs warnings and errors only."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    # The cache keys on configuration and data, not on the code of custom components: it would reuse outdated results.
    os.environ["RASA_MAX_CACHE_SIZE"] = "0"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.captureWarnings(True)  # filters would be reset by some of these libraries
    logging.getLogger("py.warnings").setLevel(logging.ERROR)
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    for name in ("rasa", "sanic.root", "sanic.access", "matplotlib", "tensorflow", "apscheduler", "slack_bolt"):
        logging.getLogger(name).setLevel(logging.ERROR)


def use_one_thread() -> None:
    """Limits BLAS to one thread. Call before NumPy is imported.

    With two threads a turn is 10 % faster on an idle machine, but uses twice the CPU time, which other workers need.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
