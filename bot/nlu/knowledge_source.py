"""The knowledge base for what Rasa creates without arguments: its importer and its graph components.

Rasa passes them their keys of config.yml only, so this is the one place of bot/nlu that reads the settings.
"""

from __future__ import annotations

from functools import lru_cache

from bot.knowledge import Knowledge, load_knowledge
from bot.nlu.lexicon import Lexicon
from bot.settings import settings


def configured_knowledge() -> Knowledge:
    """The knowledge base in the folder that KLANTKOMPAS_KNOWLEDGE names."""
    return load_knowledge(settings().knowledge)


@lru_cache(maxsize=1)
def configured_lexicon() -> Lexicon:
    """The matcher for that knowledge base; built once, which takes some tenths of a second."""
    return Lexicon(configured_knowledge())
