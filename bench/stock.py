"""Where the stock bot's model is, and what both bots are asked. Imports no Rasa."""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from bench.services import BenchmarkError, Process
from bot.chat.guard import guard
from bot.knowledge import load_knowledge
from bot.settings import ROOT, settings

EPOCHS = 2
"""Instead of 100, which takes hours. The network is as large as after 100, so a turn takes as long."""
INPUTS = ("domain.yml", "data/**/*.yml", "bot/nlu/importer.py", "bench/training.py")
"""What the model is made of, besides Rasa and the questions of the knowledge base."""


def model_path(folder: Path) -> Path:
    """Where the model of the present inputs is, or will be."""
    heard = [(faq.intent, faq.questions, faq.aliases) for faq in load_knowledge(settings().knowledge).faq.values()]
    digest = hashlib.sha256(repr((version("rasa"), EPOCHS, heard)).encode())
    for path in sorted({path for pattern in INPUTS for path in ROOT.glob(pattern)}):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return folder / f"stock-{digest.hexdigest()[:16]}.tar.gz"


def messages_path(model: Path) -> Path:
    """Where the benchmark's messages stand, beside the model that understands them."""
    return model.with_name(model.name.replace(".tar.gz", ".json"))


def messages(model: Path) -> list[str]:
    """What both bots are asked: texts that our guard leaves as they are, so that each is kept as it was sent."""
    understood = json.loads(messages_path(model).read_text(encoding="utf-8"))
    return [text for text in understood if guard(text, [], settings().max_message_length).text == text]


def train(model: Path) -> None:
    """Makes the model, in some minutes. Raises BenchmarkError."""
    log = model.parent / "train.log"
    with tempfile.TemporaryDirectory(prefix="klantkompas-bench-") as folder:
        process = Process([sys.executable, "-m", "bench.training", str(model)], log, {"TMPDIR": folder})
        try:
            process.start()
            process.wait()
        finally:
            process.stop()
    if not model.exists():
        raise BenchmarkError(f"The stock bot could not be trained: {log}")
