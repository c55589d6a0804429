"""The tf-idf features of a single text, without the overhead of scikit-learn.

`TfidfVectorizer.transform` is made for many texts: with a single one, nine tenths of the time are spent on checks,
among them the sum of all document frequencies.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.feature_extraction.text import TfidfVectorizer

CACHED_WORDS = 8192
"""Words whose columns are cached, the most recent ones."""

MAX_CACHED_LENGTH = 30
"""Characters; longer words are not cached, so that visitors cannot fill the memory with them."""


class SingleDocumentTfidf:
    """The same result as `vectorizer.transform([text])`, for a fitted TfidfVectorizer with sublinear_tf=True.

    >>> vectorizer = TfidfVectorizer(sublinear_tf=True).fit(["niemand bestelt", "niemand komt terug"])
    >>> bool((SingleDocumentTfidf(vectorizer).row("niemand") != vectorizer.transform(["niemand"])).nnz)
    False
    """

    def __init__(self, vectorizer: TfidfVectorizer) -> None:
        """Raises ValueError for a vectorizer with other settings than sublinear_tf, use_idf and norm l2."""
        if not (vectorizer.sublinear_tf and vectorizer.use_idf and vectorizer.norm == "l2") or vectorizer.binary:
            raise ValueError("expected a vectorizer with sublinear_tf, use_idf and norm l2")
        self._analyze = vectorizer.build_analyzer()
        self._word_by_word = vectorizer.analyzer == "char_wb"
        self._vocabulary: dict[str, int] = vectorizer.vocabulary_
        self._dtype = vectorizer.dtype
        self._idf = vectorizer.idf_.astype(self._dtype)
        self._cached_columns = lru_cache(maxsize=CACHED_WORDS)(self._columns)

    def columns(self, word: str) -> tuple[int, ...]:
        """The columns of a word's known n-grams, with repetitions."""
        return self._cached_columns(word) if len(word) <= MAX_CACHED_LENGTH else self._columns(word)

    def _columns(self, text: str) -> tuple[int, ...]:
        vocabulary = self._vocabulary
        return tuple(vocabulary[term] for term in self._analyze(text) if term in vocabulary)

    def weights(self, text: str) -> tuple[Any, Any]:
        """The sorted columns of a text's known n-grams, and their l2-normalised weights."""
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
