"""Trains the model with Rasa."""

from __future__ import annotations

from pathlib import Path

from bot.errors import ModelError
from bot.knowledge import Knowledge
from bot.rasa_adapter.model_archive import MODELS, model_path
from bot.settings import ROOT


def train(knowledge: Knowledge, folder: Path = MODELS) -> Path:
    """Trains a model from the project's files and returns its path. Takes minutes; removes models of older inputs.

    Raises:
        ModelError: Rasa produced no model.
    """
    from rasa.model_training import train as rasa_train

    path = model_path(knowledge, folder)
    result = rasa_train(
        domain=str(ROOT / "domain.yml"),
        config=str(ROOT / "config.yml"),
        training_files=str(ROOT / "data"),
        output=str(folder),
        fixed_model_name=path.name.removesuffix(".tar.gz"),
    )
    if result.model is None:
        raise ModelError(f"Rasa produced no model (code {result.code}); the log above says why")
    for old in folder.glob("klantkompas-*.tar.gz"):
        if old != path:
            old.unlink()
    return path
