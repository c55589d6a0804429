"""In which language to answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from ruamel.yaml import YAML

from bot.knowledge import LANGUAGES, Knowledge, Language

NEGATIONS = {"don't", "dont", "not", "no", "niet", "geen", "can't"}
SHORT = 2
"""Up to this many words a message says little about its language ("SEO?", "ok")."""
SHORT_IN_FORM = 4
"""Up to this many words an answer to a form keeps the language, whatever it looks like."""
SURE_AT_FIRST = 0.6
"""For a short first message: "hi" is English, "hey" is both, and then Dutch is the default."""
SURE = 0.7
SURE_WHEN_SHORT = 0.9


def choose(
    current: Language | None, detected: str | None, confidence: float, text: str, *, filling_in: bool = False
) -> Language:
    """The language of the conversation after a message. Unclear and short messages keep the current one.

    `filling_in`: the message answers a form, where names and addresses say little about the language.
    """
    if detected not in LANGUAGES:
        return current or "nl"
    words = len(text.split())
    if current and filling_in and words <= SHORT_IN_FORM:
        return current
    sure = SURE_WHEN_SHORT if words <= SHORT else SURE
    if current is None:
        sure = SURE_AT_FIRST
    if confidence >= sure or (current is None and words > SHORT):
        return detected  # type: ignore[return-value]
    return current or "nl"


@lru_cache(maxsize=1)
def _stop_words() -> Mapping[Language, frozenset[str]]:
    words = YAML(typ="safe").load(Path(__file__).with_name("stop_words.yml").read_text(encoding="utf-8"))
    return {language: frozenset(words[language].split()) for language in LANGUAGES}


def guess(text: str) -> Language:
    """The language with the most stop words in a text; Dutch if there are as many of both.

    >>> guess("what do you do for the money")
    'en'
    """
    words = text.lower().split()
    counts = {language: sum(word in stop_words for word in words) for language, stop_words in _stop_words().items()}
    return "en" if counts["en"] > counts["nl"] else "nl"


def asked_for(text: str, knowledge: Knowledge, spoken: Language) -> Language | None:
    """The language that a message asks for ("liever Engels"), if any; after a "not" the one that is `spoken`."""
    if set(re.findall(r"[\w']+", text.lower().replace("’", "'"))) & NEGATIONS:
        return spoken
    for language in LANGUAGES:
        names = knowledge.phrase("language_names", language).split(", ")
        if any(name in text.lower() for name in names):
            return language
    return None
