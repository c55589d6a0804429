"""Decodes Slack's mrkdwn, in which Slack passes on what people type: as plain text, or as Markdown."""

from __future__ import annotations

import html
import re

from rich.emoji import Emoji

from bot.advice.answer import UserText
from bot.presentation import markdown

MENTION = re.compile(r"<@[A-Z0-9]+(?:\|[^>]*)?>")
SPECIAL = re.compile(r"<!(?:subteam\^\w+|\w+)(?:\^[^|>]*)*(?:\|([^>]*))?>")
"""<!here>, <!subteam^ID|@team>, <!date^...|fallback>."""
CHANNEL = re.compile(r"<#[A-Z0-9]+(?:\|([^>]*))?>")
LINK = re.compile(r"<(?:mailto:|tel:)?([^|>\s]+)(?:\|([^>]+))?>")

TOKEN = re.compile(r"(<[^<>]+>)")
ADDRESS = re.compile(r"<((?:https?://|mailto:|tel:)[^|>\s]+)(?:\|([^>]+))?>")
BOLD = re.compile(r"(?<!\w)\\\*(\S(?:.*?\S)?)\\\*(?!\w)")
ITALIC = re.compile(r"(?<!\w)\\_(\S(?:.*?\S)?)\\_(?!\w)")
BLOCK = re.compile(r"^[ \t]*(?=[#=+]|--)", re.MULTILINE)
"""Where Markdown would see a heading or a line."""


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


def to_markdown(text: str) -> str:
    """The text as Markdown: links, bold and italics; all other markup without effect. Mentions are left out.

    Example:
        >>> to_markdown("*Hoi* :wave: zie <https://zaak.nl/a|de site> &amp; bel <@U1>")
        '**Hoi** 👋 zie [de site](https://zaak.nl/a) &amp; bel'
    """
    written = "".join(_token(part) if TOKEN.fullmatch(part) else _escaped(part) for part in TOKEN.split(text))
    written = ITALIC.sub(r"*\1*", BOLD.sub(r"**\1**", written))
    lines = (line.strip() for line in BLOCK.sub(r"\\", written).splitlines())
    return re.sub(r"(?<=\S)\n(?=\S)", "  \n", "\n".join(lines)).strip()


def link(title: str, address: str) -> str:
    """A link in Markdown, of a title that a person typed."""
    quoted = address.replace("(", "%28").replace(")", "%29").replace("<", "%3C").replace(">", "%3E")
    return f"[{_escaped(title)}]({quoted})"


def _token(token: str) -> str:
    found = ADDRESS.fullmatch(token)
    if found is None:
        return _escaped(to_plain_text(token))
    address = html.unescape(found.group(1))
    return link(found.group(2) or re.sub(r"^(mailto|tel):", "", address), address)


def _escaped(text: str) -> str:
    return markdown.escape(UserText(Emoji.replace(html.unescape(text))))
