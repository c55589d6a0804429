"""spaCy pipelines for Dutch and English: tokens and look-up lemmas, no model download."""

from __future__ import annotations

from functools import cache, lru_cache

import spacy
from spacy.language import Language as SpacyPipeline
from spacy.tokens import Doc

from bot.knowledge import Language
from bot.nlu.typography import plain


@cache
def spacy_pipeline(language: Language) -> SpacyPipeline:
    """The tokenizer and lemmatizer (tables of spacy-lookups-data) of a language."""
    nlp = spacy.blank(language)
    nlp.add_pipe("lemmatizer", config={"mode": "lookup"})
    nlp.initialize()
    return nlp


@lru_cache(maxsize=4)  # several components parse the same message
def parse(text: str, language: Language) -> Doc:
    """A text with plain quotes and dashes as tokens with lemmas. The document is cached: do not modify it."""
    return spacy_pipeline(language)(plain(text))
