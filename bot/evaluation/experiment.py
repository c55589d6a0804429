"""Trains the understanding alone, on part of the examples or with another pipeline: to validate and to compare."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from rasa.core.agent import load_agent
from rasa.model_training import train_nlu
from rasa.shared.importers import utils
from rasa.shared.nlu.constants import INTENT, TEXT
from ruamel.yaml import YAML

from bot.evaluation.calibration import Heard
from bot.knowledge import LANGUAGES
from bot.settings import ROOT

DATA = ROOT / "data" / "nlu"
CONFIG = ROOT / "config.yml"


@dataclass(frozen=True)
class Example:
    """A training utterance."""

    language: str
    intent: str
    text: str


def examples() -> list[Example]:
    """All utterances of data/nlu. The knowledge base's FAQ questions are not among them."""
    return [
        Example(language, message.get(INTENT), message.get(TEXT))
        for language in LANGUAGES
        for message in utils.training_data_from_paths(
            sorted(map(str, (DATA / language).glob("*.yml"))), language
        ).intent_examples
    ]


def train(training: Sequence[Example], config: Path, folder: Path) -> Path:
    """Trains a pipeline on these examples (and the FAQ questions, which the importer adds), and returns the model.

    Raises RuntimeError when Rasa gives no model.
    """
    by_file: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for example in training:
        by_file[example.language][example.intent].append(f"- {example.text}")
    for language, intents in by_file.items():
        file = folder / "nlu" / language / "examples.yml"
        file.parent.mkdir(parents=True, exist_ok=True)
        blocks = [{"intent": intent, "examples": "\n".join(lines)} for intent, lines in intents.items()]
        YAML().dump({"version": "3.1", "nlu": blocks}, file)
    model = train_nlu(
        str(config), str(folder / "nlu"), str(folder), fixed_model_name="model", domain=str(ROOT / "domain.yml")
    )
    if model is None:
        raise RuntimeError("Rasa gave no model; the log above says why")
    return Path(model)


def default_config(folder: Path) -> Path:
    """Rasa's own default pipeline, as its package ships it, reading the same data as ours."""
    shipped = resources.files("rasa.engine.recipes.config_files").joinpath("default_config.yml")
    config = YAML(typ="safe").load(shipped.read_text())
    ours = YAML(typ="safe").load(CONFIG.read_text())
    config |= {"importers": ours["importers"], "language": ours["language"], "assistant_id": "default"}
    file = folder / "config.yml"
    YAML().dump(config, file)
    return file


def folds(all_examples: Sequence[Example], number: int, seed: int = 42) -> list[list[Example]]:
    """The examples in parts of the same size, each with every intent and language in proportion."""
    groups: dict[tuple[str, str], list[Example]] = defaultdict(list)
    for example in all_examples:
        groups[example.language, example.intent].append(example)
    parts: list[list[Example]] = [[] for _ in range(number)]
    dice = random.Random(seed)
    for group in groups.values():
        dice.shuffle(group)
        for position, example in enumerate(group):
            parts[position % number].append(example)
    return parts


async def _listen(model: Path, unheard: Sequence[Example]) -> list[Heard]:
    agent = await load_agent(model_path=str(model))
    heard = []
    for example in unheard:
        ranking = (await agent.parse_message(example.text))["intent_ranking"]
        heard.append(Heard(example.intent, {i["name"]: float(i["confidence"]) for i in ranking}))
    return heard


def cross_validate(number: int = 5) -> list[Heard]:
    """Every example, heard by a model that was trained on the other parts. Takes some minutes a part."""
    parts = folds(examples(), number)
    heard: list[Heard] = []
    for part in parts:
        training = [example for other in parts if other is not part for example in other]
        with tempfile.TemporaryDirectory() as folder:
            model = train(training, CONFIG, Path(folder))
            heard.extend(asyncio.run(_listen(model, part)))
    return heard


def train_both(folder: Path, one_in: int = 1, ours: Path | None = None) -> dict[str, Path]:
    """Our pipeline and Rasa's default on the same examples, one in so many; `ours`: a model of all, if there is one.

    Takes a minute or two for ours, and hours for the default pipeline on all examples.
    """
    training = folds(examples(), one_in)[0]
    models = {}
    for name in ("ours", "default"):
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        config = CONFIG if name == "ours" else default_config(place)
        models[name] = ours if ours and name == "ours" else train(training, config, place)
    return models
