"""Trains the stock bot: Rasa's default pipeline and policies on our data, domain and stories."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from pathlib import Path

from rasa.core.agent import load_agent
from rasa.model_training import train
from ruamel.yaml import YAML

from bench.stock_bot import EPOCHS, messages_path
from bot.evaluation import cross_validation
from bot.settings import ROOT

CANDIDATES = 1000
MAX_LENGTH = 200
"""Characters of a benchmark message."""
EXCLUDED = ("request_competitor_check", "request_appointment", "cancel", "inform", "start_over", "switch_language")
"""Intents that open or need a form, or forget the conversation: turns with more actions, or with less history."""


def _config(folder: Path) -> Path:
    """The default configuration with fewer epochs."""
    file = cross_validation.write_default_config(folder)
    yaml = YAML(typ="safe")
    config = yaml.load(file)
    for component in (*config["pipeline"], *config["policies"]):
        if "epochs" in component:
            component["epochs"] = EPOCHS
    yaml.dump(config, file)
    return file


def _candidates() -> list[cross_validation.Example]:
    """A random sample of the examples, the same one every time."""
    suitable = [e for e in cross_validation.read_examples() if e.intent not in EXCLUDED and len(e.text) <= MAX_LENGTH]
    return random.Random(42).sample(suitable, CANDIDATES)


async def _classified_correctly(model: Path, candidates: list[cross_validation.Example]) -> list[str]:
    """The texts that the model classifies correctly, so that both bots run the same action."""
    agent = await load_agent(model_path=str(model))
    return [e.text for e in candidates if (await agent.parse_message(e.text))["intent"]["name"] == e.intent]


def build(model: Path) -> None:
    """Trains the model and selects the messages, which takes some minutes.

    Raises:
        RuntimeError: Rasa returned no model.
    """
    folder = model.parent
    folder.mkdir(parents=True, exist_ok=True)
    result = train(
        domain=str(ROOT / "domain.yml"),
        config=str(_config(folder)),
        training_files=str(ROOT / "data"),
        output=str(folder),
        fixed_model_name=f"unchecked-{model.name}",
    )
    if result.model is None:
        raise RuntimeError(f"Rasa returned no model (code {result.code})")
    texts = asyncio.run(_classified_correctly(Path(result.model), _candidates()))
    for old in folder.glob("stock-*"):
        old.unlink()
    messages_path(model).write_text(json.dumps(texts, ensure_ascii=False, indent=0), encoding="utf-8")
    Path(result.model).rename(model)


if __name__ == "__main__":
    from bot.rasa_adapter.environment import configure

    configure()
    build(Path(sys.argv[1]))
