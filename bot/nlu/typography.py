"""Typographic characters that phones and word processors write, as a keyboard has them."""

from __future__ import annotations

PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u02bc\u00b4`\u2032", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u00a0\u2007\u2009\u200a\u202f\u3000", " "),
        "\u2026": ".",
    }
)


def plain(text: str) -> str:
    r"""A text with plain quotes, dashes, full stops and spaces. Its length and all offsets stay the same.

    >>> plain("ik don\u2019t \u201cbuy\u201d \u2013 echt\u2026")
    'ik don\'t "buy" - echt.'
    """
    return text.translate(PLAIN)
