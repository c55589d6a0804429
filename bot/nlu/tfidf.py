"""The tf-idf features of one text, without the ceremony of scikit-learn.

Its `transform` is made for many texts: for a single one, nine tenths of the time go into checks, among them the sum of
all document frequencies.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.feature_extraction.text import TfidfVectorizer


class SingleTfidf:
    """What `vectorizer.transform([text])` gives, for a fitted TfidfVectorizer that is sublinear, else as it comes."""

    def __init__(self, vectorizer: TfidfVectorizer) -> None:
        """Raises ValueError for a vectorizer that counts in another way."""
        if not (vectorizer.sublinear_tf and vectorizer.use_idf and vectorizer.norm == "l2") or vectorizer.binary:
            raise ValueError("expected a vectorizer with sublinear_tf, use_idf and norm l2")
        self.analyze = vectorizer.build_analyzer()
        self.vocabulary: dict[str, int] = vectorizer.vocabulary_
        self._dtype = vectorizer.dtype
        self._idf = vectorizer.idf_.astype(self._dtype)

    def row(self, text: str) -> Any:
        """One sparse row, of length one unless no term is known."""
        counts = Counter(column for term in self.analyze(text) if (column := self.vocabulary.get(term)) is not None)
        columns = sorted(counts)
        values = (1 + np.log([counts[column] for column in columns])).astype(self._dtype) * self._idf[columns]
        length = float(np.sqrt(values @ values))
        shape = (1, len(self._idf))
        return scipy.sparse.csr_matrix((values / (length or 1), columns, [0, len(columns)]), shape, self._dtype)
