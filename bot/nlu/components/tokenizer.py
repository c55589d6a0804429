"""Tokens and lemmas by spaCy, in the language of the message."""

from __future__ import annotations

from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.components.language_detector import language_of
from bot.nlu.spacy_pipelines import parse


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class BilingualTokenizer(Tokenizer):
    """Replaces Rasa's SpacyTokenizer, which knows one language and needs a downloaded model."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Rasa's keys for tokenizers; intents are not split."""
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    @staticmethod
    def required_packages() -> list[str]:
        """Packages that must be installed."""
        return ["spacy"]

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Splits the text; each token has its lemma in lower case."""
        return [
            Token(word.text, word.idx, lemma=word.lemma_.lower())
            for word in parse(message.get(attribute), language_of(message))
            if not word.is_space
        ]
