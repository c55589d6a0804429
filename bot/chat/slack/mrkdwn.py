"""Decodes Slack's mrkdwn: links, mentions and escaped characters in what people type."""

from __future__ import annotations

import html
import re

MENTION = re.compile(r"<@[A-Z0-9]+(?:\|[^>]*)?>")
SPECIAL = re.compile(r"<!(?:subteam\^\w+|\w+)(?:\^[^|>]*)*(?:\|([^>]*))?>")
"""<!here>, <!subteam^ID|@team>, <!date^...|fallback>."""
CHANNEL = re.compile(r"<#[A-Z0-9]+(?:\|([^>]*))?>")
LINK = re.compile(r"<(?:mailto:|tel:)?([^|>\s]+)(?:\|([^>]+))?>")


def to_plain_text(text: str) -> str:
    """The text as it was typed, without mentions.

    Example:
        >>> to_plain_text("<@U1> check <http://www.zaak.nl|www.zaak.nl> &amp; SEO")
        'check www.zaak.nl & SEO'
    """
    text = MENTION.sub(" ", text)
    text = SPECIAL.sub(lambda found: found.group(1) or " ", text)
    text = CHANNEL.sub(lambda found: f"#{found.group(1)}" if found.group(1) else " ", text)
    text = LINK.sub(lambda found: found.group(2) or found.group(1), text)
    return " ".join(html.unescape(text).split())
