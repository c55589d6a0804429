"""The language of the answers: Dutch or English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from ruamel.yaml import YAML

from bot.advice import signals
from bot.knowledge import LANGUAGES, Knowledge, Language

NEGATIONS = {"don't", "dont", "not", "no", "niet", "geen", "can't"}

SHORT_MESSAGE = 2
"""Words; messages up to this length say little about their language ("SEO?", "ok")."""

SHORT_FORM_ANSWER = 4
"""Words; up to this length an answer to a form never changes the language."""

MIN_CONFIDENCE = 0.7
"""Detector confidence from which a message changes the language of the conversation."""

MIN_CONFIDENCE_SHORT = 0.9
"""The same for short messages."""

MIN_CONFIDENCE_WITHOUT_STOP_WORDS = 0.97
"""The same for a message that has no more stop words of the new language than of the present one: "consent mode basic
of advanced?" has English terms, but is no English."""

MIN_CONFIDENCE_FIRST = 0.65
"""The same for a short first message: "hi" is English; "hey" may be both, and then Dutch is the default."""


def choose(
    current: Language | None, detected: str | None, confidence: float, text: str, *, filling_in: bool = False
) -> Language:
    """The language of the conversation after a message; short and doubtful messages do not change it.

    >>> choose("nl", "en", 0.8, "SEO?")
    'nl'
    >>> choose("nl", "en", 0.8, "how much does SEO cost?")
    'en'
    >>> choose("nl", "en", 0.9, "consent mode v2 basic of advanced?")
    'nl'

    Args:
        current: The language so far; None before the first message.
        detected: The detector's result for this message.
        confidence: The detector's confidence, from 0 to 1.
        text: The message.
        filling_in: Whether the message answers a form, where names and addresses say little about the language.
    """
    if detected not in LANGUAGES:
        return current or "nl"
    words = len(text.split())
    if current and filling_in and words <= SHORT_FORM_ANSWER:
        return current
    threshold = MIN_CONFIDENCE_SHORT if words <= SHORT_MESSAGE else MIN_CONFIDENCE
    if current is None:
        threshold = MIN_CONFIDENCE_FIRST
    elif detected != current and not _has_more_stop_words(text, detected, current):  # type: ignore[arg-type]
        threshold = MIN_CONFIDENCE_WITHOUT_STOP_WORDS
    if confidence >= threshold or (current is None and words > SHORT_MESSAGE):
        return detected  # type: ignore[return-value]
    return current or "nl"


@lru_cache(maxsize=1)
def _stop_words() -> Mapping[Language, frozenset[str]]:
    words = YAML(typ="safe").load(Path(__file__).with_name("stop_words.yml").read_text(encoding="utf-8"))
    return {language: frozenset(words[language].split()) for language in LANGUAGES}


def _count_stop_words(text: str) -> dict[Language, int]:
    words = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", text.lower())
    return {language: sum(word in stop_words for word in words) for language, stop_words in _stop_words().items()}


def _has_more_stop_words(text: str, language: Language, other: Language) -> bool:
    counts = _count_stop_words(text)
    return counts[language] > counts[other]


def guess(text: str) -> Language:
    """The language with the most stop words in a text; Dutch if there are as many of both.

    >>> guess("what do you do for the money")
    'en'
    """
    return "en" if _has_more_stop_words(text, "en", "nl") else "nl"


def requested(text: str, knowledge: Knowledge, spoken: Language) -> Language | None:
    """The language that a message asks for ("liever Engels"), if any.

    After a negation ("I don't speak Dutch") it is `spoken`, the language that the message is written in.
    """
    if set(re.findall(r"[\w']+", text.lower().replace("’", "'"))) & NEGATIONS:
        return spoken
    for language in LANGUAGES:
        if signals.found(text, knowledge.signals["language"].words.localized(language)):
            return language
    return None
