"""The demo website: pages of invented businesses that show the widget."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from pydantic import Field
from ruamel.yaml import YAML

from bot.knowledge.models import Entry, Text

FOLDER = Path(__file__).parent


class Offer(Entry):
    """A product or service of a business."""

    name: Text
    text: Text


class Business(Entry):
    """A business and the content of its page."""

    id: str
    sector: Text
    name: str
    accent: str = Field(regex="^#[0-9a-f]{6}$")
    promise: Text
    intro: Text
    offers: tuple[Offer, ...]
    quote: Text
    quoted: Text
    contact: Text
    cookie_bar: bool = False
    """Whether a bar about cookies lies over the page."""
    swaps_pages: bool = False
    """Whether its links replace the body of the page, as Turbo does."""


@lru_cache(maxsize=1)
def businesses() -> Mapping[str, Business]:
    """The businesses of businesses.yml, in its order.

    Raises:
        pydantic.ValidationError: The file has faults.
    """
    entries = YAML(typ="safe").load((FOLDER / "businesses.yml").read_text(encoding="utf-8"))
    return {key: Business(id=key, **value) for key, value in entries.items()}
