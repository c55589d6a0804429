"""What people type in Slack, as they meant it: Slack sends links, mentions and three characters in code."""

from __future__ import annotations

import html
import re

MENTION = re.compile(r"<@[A-Z0-9]+(?:\|[^>]*)?>")
"""Of a person, or of the advisor itself."""
CALL = re.compile(r"<!(?:subteam\^\w+|\w+)(?:\^[^|>]*)*(?:\|([^>]*))?>")
"""<!here>, <!date^...|words>: a word if there is one."""
CHANNEL = re.compile(r"<#[A-Z0-9]+(?:\|([^>]*))?>")
LINK = re.compile(r"<(?:mailto:|tel:)?([^|>\s]+)(?:\|([^>]+))?>")


def plain(text: str) -> str:
    """The words: mentions left out, links as they were typed, `&amp;` as `&`."""
    text = MENTION.sub(" ", text)
    text = CALL.sub(lambda found: found.group(1) or " ", text)
    text = CHANNEL.sub(lambda found: f"#{found.group(1)}" if found.group(1) else " ", text)
    text = LINK.sub(lambda found: found.group(2) or found.group(1), text)
    return " ".join(html.unescape(text).split())
