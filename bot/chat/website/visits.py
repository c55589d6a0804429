"""Reads where on a website a visitor writes, as the chat page tells it: data of a stranger, shown as text only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from bot.chat.guard import CONTROL, storable
from bot.storage.visits import CAMPAIGN, Visit

MAX_ADDRESS = 300
MAX_TITLE = 150
MAX_VALUE = 100
"""Characters of an address, of a title, and of a host or a value of the campaign."""


def read_visit(page: Any) -> Visit | None:
    """The visit: the address without its query, save the campaign; None for what is no page of a website.

    Example:
        >>> read_visit({"address": "https://zaak.nl/prijzen?utm_source=krant&klant=12#top", "title": "Prijzen"})
        Visit(address='https://zaak.nl/prijzen', title='Prijzen', referrer='', campaign={'utm_source': 'krant'})
    """
    if not isinstance(page, Mapping):
        return None
    try:
        address = urlsplit(_text(page, "address", 10 * MAX_ADDRESS))
        query = parse_qsl(address.query, max_num_fields=50)
        host = address.hostname + (f":{address.port}" if address.port else "") if address.hostname else ""
    except ValueError:
        return None
    if address.scheme not in ("http", "https") or not host:
        return None
    campaign = {key: clean for key, value in query if key in CAMPAIGN and (clean := _clean(value, MAX_VALUE))}
    place = f"{address.scheme}://{host}{address.path}"[:MAX_ADDRESS]
    return Visit(place, _text(page, "title", MAX_TITLE), _text(page, "referrer", MAX_VALUE), campaign)


def _text(page: Mapping[str, Any], key: str, length: int) -> str:
    value = page.get(key)
    return _clean(value, length) if isinstance(value, str) else ""


def _clean(text: str, length: int) -> str:
    """One line of text without control characters, of limited length."""
    return " ".join(CONTROL.sub("", storable(text[: 4 * length])).split())[:length]
