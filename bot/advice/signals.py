"""Words by which a message gives away what it means (signals.yml, questions.yml)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from bot.advice.situation import Situation

LONG_WORD, STEM = 6, 7
"""Letters of a word that tells what a name is about, and letters by which it is compared."""

WHOLE, BEGINNING, END = "=", "^", "$"
"""Marks of a phrase: the whole message, only at the beginning of it, only in this ending."""


def has(text: str, signal: str, situation: Situation) -> bool:
    """Whether a message has a phrase of a signal, in the language of the conversation.

    >>> from pathlib import Path
    >>> from bot.knowledge import load_knowledge
    >>> situation = Situation(load_knowledge(Path("bot/knowledge/content")))
    >>> has("Dat doen we al!", "done_already", situation), has("Neem contact op", "no", situation)
    (True, False)
    """
    return bool(found(text, situation.knowledge.signals[signal].words.localized(situation.language)))


def found(text: str, phrases: Iterable[str]) -> list[str]:
    """Those of the phrases that a message has.

    >>> found("Wie schrijft de mailing?", ["mail", "^mail", "mail$", "wie schrijf"])
    ['mail', 'wie schrijf']
    """
    text = normalized(text)
    return [phrase for phrase in phrases if _pattern(phrase).search(text)]


def affirms(text: str, word: str, situation: Situation) -> bool:
    """Whether a message has a word that begins so, and does not deny it: "geen wachttijd", "ik wacht niet af"."""
    lowered = text.lower()
    for match in _occurrences(word, lowered):
        before = " ".join(lowered[: match.start()].split()[-2:])
        is_denied = has(before, "denial", situation)
        if not is_denied and not has(lowered[match.end() :], "denial_after", situation):
            return True
    return False


def denies(text: str, name: str, situation: Situation) -> bool:
    """Whether a message has a telling word of a name only to deny it: "ik heb geen klachten" denies "Klachten"."""
    stems = {word[:STEM] for word in re.findall(r"\w+", name.lower()) if len(word) >= LONG_WORD}
    said = [stem for stem in stems if any(_occurrences(stem, text.lower()))]
    return bool(said) and not any(affirms(text, stem, situation) for stem in said)


def _occurrences(word: str, lowered: str) -> Iterator[re.Match[str]]:
    return re.finditer(rf"(?<!\w){re.escape(word)}\w*", lowered)


def without(text: str, signal: str, situation: Situation) -> str:
    """A message without the phrases of a signal.

    Those of a signal at the beginning (^) are removed as often as they follow each other: "en maar hoe dan" is
    "hoe dan" without its opening.
    """
    text = normalized(text)
    for _ in text.split():
        shorter = text
        for phrase in situation.knowledge.signals[signal].words.localized(situation.language):
            shorter = _pattern(phrase).sub("", shorter).strip(" ,.!")
        if shorter == text:
            break
        text = shorter
    return text


def normalized(text: str) -> str:
    """A text in lower case, with single spaces and plain apostrophes, without punctuation around it."""
    return " ".join(text.lower().replace("’", "'").split()).strip(" .,!?")


@cache
def _pattern(phrase: str) -> re.Pattern[str]:
    begins = "^" if phrase.startswith((WHOLE, BEGINNING)) else r"(?<!\w)"
    ends = "$" if phrase.startswith(WHOLE) else r"(?!\w)" if phrase.endswith(END) else r"\w*"
    return re.compile(begins + re.escape(phrase.strip(WHOLE + BEGINNING + END)) + ends)
