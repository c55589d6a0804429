"""When a message is out of scope, so that the advisor says "I don't know"."""

from __future__ import annotations

LIKELIER_THAN_NOT = 0.5


def is_out_of_scope(probability: float, best_other: float, threshold: float) -> bool:
    """Whether a message counts as out of scope, although that need not be the likeliest intent.

    From the threshold on it wins over any intent that is not likelier than not: among many intents with a small
    probability each, "I don't know" is the honest answer.

    >>> is_out_of_scope(0.3, best_other=0.4, threshold=0.2)
    True
    >>> is_out_of_scope(0.3, best_other=0.6, threshold=0.2)
    False
    """
    return probability >= threshold and (best_other <= LIKELIER_THAN_NOT or probability >= best_other)
