"""The tf-idf features of one text, without the ceremony of scikit-learn.

Its `transform` is made for many texts: for a single one, nine tenths of the time go into checks, among them the sum of
all document frequencies.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.feature_extraction.text import TfidfVectorizer

KNOWN_WORDS = 8192
"""Words whose columns are remembered, the latest ones."""
LONGEST_WORD = 30
"""Characters; longer ones are not remembered, so that nobody fills the memory with them."""


class SingleTfidf:
    """What `vectorizer.transform([text])` gives, for a fitted TfidfVectorizer that is sublinear, else as it comes."""

    def __init__(self, vectorizer: TfidfVectorizer) -> None:
        """Raises ValueError for a vectorizer that counts in another way."""
        if not (vectorizer.sublinear_tf and vectorizer.use_idf and vectorizer.norm == "l2") or vectorizer.binary:
            raise ValueError("expected a vectorizer with sublinear_tf, use_idf and norm l2")
        self._analyze = vectorizer.build_analyzer()
        self._word_by_word = vectorizer.analyzer == "char_wb"
        self._vocabulary: dict[str, int] = vectorizer.vocabulary_
        self._dtype = vectorizer.dtype
        self._idf = vectorizer.idf_.astype(self._dtype)
        self._remembered = lru_cache(maxsize=KNOWN_WORDS)(self._columns)

    def columns(self, word: str) -> tuple[int, ...]:
        """The columns of the terms that are known, of a single word; one that comes twice stands there twice."""
        return self._remembered(word) if len(word) <= LONGEST_WORD else self._columns(word)

    def _columns(self, text: str) -> tuple[int, ...]:
        known = self._vocabulary
        return tuple(known[term] for term in self._analyze(text) if term in known)

    def weights(self, text: str) -> tuple[Any, Any]:
        """The columns of the terms that are known, in order, and their weights, of length one together."""
        found = chain.from_iterable(map(self.columns, text.split())) if self._word_by_word else self._columns(text)
        counts = Counter(found)
        columns = np.array(sorted(counts), dtype=np.int32)
        logarithms = np.log(np.array([counts[column] for column in columns.tolist()], dtype=np.float64))
        values = (1 + logarithms).astype(self._dtype) * self._idf[columns]
        return columns, values / (float(np.sqrt(values @ values)) or 1)

    def row(self, text: str) -> Any:
        """The weights as a sparse row of all columns."""
        columns, values = self.weights(text)
        ends = np.array([0, len(columns)], dtype=np.int32)
        return scipy.sparse.csr_matrix((values, columns, ends), (1, len(self._idf)), self._dtype)
