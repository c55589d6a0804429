"""The knowledge base for what Rasa creates without arguments: its importer and its graph components.

Rasa passes them their keys of config.yml only, so this is the one place of bot/nlu that reads the settings.
"""

from __future__ import annotations

from functools import lru_cache

from bot.knowledge import Knowledge, load_knowledge
from bot.nlu.gazetteer import Gazetteer
from bot.settings import settings


def configured_knowledge() -> Knowledge:
    """The knowledge base in the folder that KLANTKOMPAS_KNOWLEDGE names."""
    return load_knowledge(settings().knowledge)


@lru_cache(maxsize=1)
def configured_gazetteer() -> Gazetteer:
    """The gazetteer of that knowledge base, built once."""
    return Gazetteer(configured_knowledge())
