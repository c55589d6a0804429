"""When to say "I don't know"."""

from __future__ import annotations

LIKELIER_THAN_NOT = 0.5


def is_unknown(outside: float, best_other: float, threshold: float) -> bool:
    """Whether a message is out of scope, by the probability of that and of the best other intent.

    It need not be the likeliest: among many intents that each are a bit likely, it is the honest answer. But it is
    not while another intent is likelier than not.
    """
    return outside >= threshold and (best_other <= LIKELIER_THAN_NOT or outside >= best_other)
