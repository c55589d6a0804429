"""SingleDocumentTfidf gives the same numbers as scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.nlu.tfidf import SingleDocumentTfidf

TEXTS = [
    "klanten komen niet terug",
    "wat is SEO?",
    "niemand kent ons, écht niemand",
    "customers never come back",
    "a a a",
]


@pytest.mark.parametrize("options", [{"analyzer": "word", "token_pattern": r"\S+"}, {"analyzer": "char_wb"}])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_row_is_that_of_scikit_learn(options: dict[str, Any], dtype: type) -> None:
    vectorizer = TfidfVectorizer(ngram_range=(1, 3), sublinear_tf=True, strip_accents="unicode", dtype=dtype, **options)
    vectorizer.fit(TEXTS)
    single = SingleDocumentTfidf(vectorizer)
    for text in [*TEXTS, "niemand niemand komt", "xyz", "", "it´s écht\u00a0niemand\tNIEMAND", "niemand" * 9]:
        expected, row = vectorizer.transform([text]), single.row(text)
        assert row.shape == expected.shape
        assert row.dtype == expected.dtype
        assert np.allclose(row.toarray(), expected.toarray(), atol=1e-6)


def test_a_vectorizer_that_counts_otherwise_is_refused() -> None:
    with pytest.raises(ValueError, match="sublinear_tf"):
        SingleDocumentTfidf(TfidfVectorizer().fit(TEXTS))
