"""NLU models without dialogue, trained and loaded by an unpatched Rasa: for evaluation and comparison."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import resources
from pathlib import Path
from typing import Any

from rasa.core.agent import load_agent
from rasa.model_training import train_nlu as rasa_train_nlu
from ruamel.yaml import YAML

from bot.errors import ModelError
from bot.settings import ROOT


def default_config() -> dict[str, Any]:
    """Rasa's default configuration, as its package ships it."""
    shipped = resources.files("rasa.engine.recipes.config_files").joinpath("default_config.yml")
    config: dict[str, Any] = YAML(typ="safe").load(shipped.read_text())
    return config


def train_nlu(config: Path, examples: Path, folder: Path) -> Path:
    """Trains the pipeline of a configuration on a folder of examples; returns the archive, which is put in `folder`.

    Raises:
        ModelError: Rasa produced no model.
    """
    model = rasa_train_nlu(
        str(config), str(examples), str(folder), fixed_model_name="model", domain=str(ROOT / "domain.yml")
    )
    if model is None:
        raise ModelError("Rasa produced no model; the log above says why")
    return Path(model)


async def load_parser(model: Path) -> Callable[[str], Awaitable[dict[str, Any]]]:
    """Loads a model archive, and returns the function that parses a text with it."""
    return (await load_agent(model_path=str(model))).parse_message
