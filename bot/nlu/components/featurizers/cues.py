"""The cue phrases of the knowledge base as features."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.components.featurizers.base import FEATURIZER, SentenceFeaturizer
from bot.nlu.components.language_detector import language_of
from bot.nlu.knowledge_source import configured_gazetteer, configured_knowledge

CUES = "cues"
"""Message key: the cues that were found, each with the visitor's words."""


@DefaultV1Recipe.register(FEATURIZER, is_trainable=False)
class CueFeaturizer(SentenceFeaturizer):
    """One feature for each cue of the knowledge base: whether the message contains one of its phrases."""

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """A hash of the cues for Rasa's training cache: they are not part of the training data."""
        return hashlib.sha256(repr(configured_knowledge().cues).encode()).hexdigest()

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets the cues with the words that matched, which the answer quotes, and adds the features."""
        gazetteer = configured_gazetteer()
        for message in messages:
            if text := message.get(TEXT):
                language = language_of(message)
                # The owner is quoted in the original spelling, which the text has, but not the doc.
                cues = [
                    {"cue": cue, "words": text[span.start_char : span.end_char]}
                    for cue, span in gazetteer.cues(gazetteer.doc(text, language), language)
                ]
                message.set(CUES, cues, add_to_output=True)
        return super().process(messages)

    def features(self, message: Message) -> Any:
        """A dense row with a one for each cue found."""
        found = {cue["cue"] for cue in message.get(CUES)}
        return np.array([float(cue in found) for cue in configured_gazetteer().cue_ids], dtype=np.float32)
