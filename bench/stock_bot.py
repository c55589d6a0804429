"""The stock bot's model, and the messages that both bots are sent. Imports no Rasa."""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from bot.chat.guard import guard
from bot.knowledge import load_knowledge
from bot.settings import ROOT, settings
from tests.support.processes import Process, ProcessError

EPOCHS = 2
"""Instead of 100, which takes hours. The network is as large as after 100, so a turn takes as long."""
INPUTS = ("domain.yml", "data/**/*.yml", "bot/nlu/importer.py", "bench/stock_training.py")
"""What the model depends on, besides Rasa and the questions of the knowledge base."""


def model_path(folder: Path) -> Path:
    """The path of the model for the present inputs; it need not exist."""
    questions = [(faq.intent, faq.questions, faq.aliases) for faq in load_knowledge(settings().knowledge).faq.values()]
    digest = hashlib.sha256(repr((version("rasa"), EPOCHS, questions)).encode())
    for path in sorted({path for pattern in INPUTS for path in ROOT.glob(pattern)}):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return folder / f"stock-{digest.hexdigest()[:16]}.tar.gz"


def messages_path(model: Path) -> Path:
    """The path of the benchmark's messages, beside the model."""
    return model.with_name(model.name.replace(".tar.gz", ".json"))


def messages(model: Path) -> list[str]:
    """The messages of the benchmark: those that our guard does not change, so that each is stored as it was sent."""
    texts = json.loads(messages_path(model).read_text(encoding="utf-8"))
    return [text for text in texts if guard(text, [], settings().max_message_length).text == text]


def train(model: Path) -> None:
    """Trains the model, which takes some minutes.

    Raises:
        ProcessError: There is no model afterwards.
    """
    log = model.parent / "train.log"
    with tempfile.TemporaryDirectory(prefix="klantkompas-bench-") as folder:
        process = Process([sys.executable, "-m", "bench.stock_training", str(model)], log, {"TMPDIR": folder})
        try:
            process.launch()
            process.wait()
        finally:
            process.stop()
    if not model.exists():
        raise ProcessError(f"The stock bot could not be trained: {log}")
