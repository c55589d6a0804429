"""Trains NLU models on a part of the examples or with another pipeline, and predicts the held-out part."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from bot.evaluation.calibration import Prediction
from bot.knowledge import LANGUAGES
from bot.rasa_adapter import nlu_model
from bot.settings import ROOT

DATA = ROOT / "data" / "nlu"
CONFIG = ROOT / "config.yml"


@dataclass(frozen=True)
class Example:
    """A training example; `sub_intent` is what follows the slash in `struggle_do/carts_not_paid`."""

    language: str
    intent: str
    text: str
    sub_intent: str | None = None

    @property
    def full_intent(self) -> str:
        """The intent as the training data names it."""
        return f"{self.intent}/{self.sub_intent}" if self.sub_intent else self.intent


@dataclass(frozen=True)
class CrossValidated:
    """Predictions for held-out examples.

    Attributes:
        intents: One for each example.
        sub_intents: One for each example with a sub-intent, among those of its intent.
    """

    intents: list[Prediction]
    sub_intents: list[Prediction]


def read_examples() -> list[Example]:
    """All examples of data/nlu, without the questions that the importer adds from the knowledge base."""
    examples = []
    for language in LANGUAGES:
        for file in sorted((DATA / language).glob("*.yml")):
            for block in YAML(typ="safe").load(file.read_text(encoding="utf-8"))["nlu"]:
                intent, _, sub_intent = block["intent"].partition("/")
                lines = [line.removeprefix("-").strip() for line in block["examples"].splitlines() if line.strip()]
                examples += [Example(language, intent, line, sub_intent or None) for line in lines]
    return examples


def split(examples: Sequence[Example], folds: int, seed: int = 42) -> list[list[Example]]:
    """Stratified folds: each has every intent, sub-intent and language in proportion."""
    groups: dict[tuple[str, str], list[Example]] = defaultdict(list)
    for example in examples:
        groups[example.language, example.full_intent].append(example)
    parts: list[list[Example]] = [[] for _ in range(folds)]
    generator = random.Random(seed)
    for group in groups.values():
        generator.shuffle(group)
        for position, example in enumerate(group):
            parts[position % folds].append(example)
    return parts


def cross_validate(folds: int = 5) -> CrossValidated:
    """Predicts every example with a model that was trained on the other folds. Takes some minutes for each fold."""
    parts = split(read_examples(), folds)
    result = CrossValidated([], [])
    for held_out in parts:
        training = [example for part in parts if part is not held_out for example in part]
        with tempfile.TemporaryDirectory() as folder:
            model = train(training, CONFIG, Path(folder))
            predicted = asyncio.run(_predict(model, held_out))
        result.intents.extend(predicted.intents)
        result.sub_intents.extend(predicted.sub_intents)
    return result


def train(training: Sequence[Example], config: Path, folder: Path) -> Path:
    """Trains a pipeline on these examples, and on the FAQ questions, which the importer adds.

    Raises:
        ModelError: Rasa produced no model.
    """
    by_file: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for example in training:
        by_file[example.language][example.full_intent].append(f"- {example.text}")
    for language, intents in by_file.items():
        file = folder / "nlu" / language / "examples.yml"
        file.parent.mkdir(parents=True, exist_ok=True)
        blocks = [{"intent": intent, "examples": "\n".join(lines)} for intent, lines in intents.items()]
        YAML().dump({"version": "3.1", "nlu": blocks}, file)
    return nlu_model.train_nlu(config, folder / "nlu", folder)


async def _predict(model: Path, held_out: Sequence[Example]) -> CrossValidated:
    parse = await nlu_model.load_parser(model)
    result = CrossValidated([], [])
    for example in held_out:
        parsed = await parse(example.text)
        result.intents.append(Prediction(example.intent, _probabilities(parsed["intent_ranking"])))
        if example.sub_intent:
            among = _probabilities(parsed["sub_intents"][example.intent])
            result.sub_intents.append(Prediction(example.sub_intent, among))
    return result


def _probabilities(ranking: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    return {i["name"]: float(i["confidence"]) for i in ranking}


def write_default_config(folder: Path) -> Path:
    """Writes Rasa's default configuration with our importer, so that it reads the same data."""
    own = YAML(typ="safe").load(CONFIG.read_text())
    shared = {"importers": own["importers"], "language": own["language"], "assistant_id": "default"}
    file = folder / "config.yml"
    YAML().dump({**nlu_model.default_config(), **shared}, file)
    return file


def train_both(folder: Path, one_in: int = 1, own: Path | None = None) -> dict[str, Path]:
    """Trains our pipeline and Rasa's default one on the same examples.

    Takes a minute or two for ours, and hours for the default one on all examples.

    Args:
        folder: Where the models are put.
        one_in: Trains on one example in so many.
        own: A model of our pipeline on all examples, instead of training it.
    """
    training = split(read_examples(), one_in)[0]
    models = {}
    for name in ("ours", "default"):
        subfolder = folder / name
        subfolder.mkdir(parents=True, exist_ok=True)
        config = CONFIG if name == "ours" else write_default_config(subfolder)
        models[name] = own if own and name == "ours" else train(training, config, subfolder)
    return models
