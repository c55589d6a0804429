"""How the chat looks and invites on a website: brand.yml, which marketers edit while the server runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, StrictBool, root_validator, validator

from bot.knowledge.models import LANGUAGES, Entry, Text

MAX_NAME = 60
MAX_TEXT = 300
"""Characters of a name, and of a sentence."""


class Brand(Entry):
    """The settings for some pages: name, colours, position and invitation. What is left out stays as it was.

    Example:
        >>> Brand(name="Bureau Wegwijzer", accent="#f60").attributes()
        {'accent': '#f60', 'nameNl': 'Bureau Wegwijzer', 'nameEn': 'Bureau Wegwijzer'}
    """

    language: Literal["nl", "en"] | None = None
    accent: str | None = None
    theme: Literal["auto", "light", "dark"] | None = None
    position: Literal["left", "right"] | None = None
    offset_bottom: int | None = Field(default=None, ge=0, le=500)
    offset_side: int | None = Field(default=None, ge=0, le=500)
    name: Text | None = None
    logo: str | None = None
    label: Text | None = None
    greeting: Text | None = None
    credit: StrictBool | None = None
    invite: Text | None = None
    invite_after: int | None = Field(default=None, ge=1, le=3600)
    invite_scroll: int | None = Field(default=None, ge=1, le=100)
    invite_exit: StrictBool | None = None
    invite_phones: StrictBool | None = None
    data_layer: str | None = None

    @validator("*", pre=True)
    def _is_not_empty(cls, value: object) -> object:
        if value is None:  # also `accent: #0b5d50`: without quotation marks a comment begins there
            raise ValueError('is empty; a colour needs quotation marks ("#0b5d50"), and an unused line a # before it')
        return value

    @validator("name", "label", "greeting", "invite", pre=True)
    def _one_for_both_languages(cls, value: object) -> object:
        return dict.fromkeys(LANGUAGES, value) if isinstance(value, str) else value

    @validator("name", "label")
    def _is_short(cls, value: Text | None) -> Text | None:
        return _at_most(MAX_NAME, value)

    @validator("greeting", "invite")
    def _is_a_sentence(cls, value: Text | None) -> Text | None:
        return _at_most(MAX_TEXT, value)

    @validator("accent")
    def _is_a_colour(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})", value):
            raise ValueError('expected a colour such as "#0b5d50", between quotation marks')
        return value

    @validator("logo")
    def _is_an_address(cls, value: str | None) -> str | None:
        if value is None or re.fullmatch(r"/(?!/)\S*", value):
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", value):
            raise ValueError("expected the address of an image on the site itself, such as /images/logo.png")
        return value

    @validator("data_layer")
    def _is_a_name(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[A-Za-z_$][\w$]*", value):
            raise ValueError("expected the name of the data layer, as a rule dataLayer")
        return value

    def attributes(self) -> Mapping[str, str]:
        """The settings as the loader takes them: by the name of the attribute in camel case, all values as text."""
        found: dict[str, str] = {}
        for key, value in self:
            name = re.sub(r"_(\w)", lambda letter: letter.group(1).upper(), key)
            if isinstance(value, Text):
                found |= {f"{name}{language.capitalize()}": value.localized(language) for language in LANGUAGES}
            elif isinstance(value, bool):
                found[name] = "on" if value else "off"
            elif value is not None:
                found[name] = str(value)
        return found


class PageBrand(Brand):
    """Settings for the pages whose address fits a pattern."""

    pages: tuple[str, ...] = Field(at_least=1, description="/prijzen*, or shop.example/*; * stands for anything")

    @validator("pages", each_item=True)
    def _is_a_pattern(cls, value: str) -> str:
        if "://" in value or "/" not in value or re.search(r"[\s?#]", value):
            raise ValueError(f"'{value}': expected the path of pages, such as /prijzen*, or shop.example/*")
        return value

    def attributes(self) -> Mapping[str, str]:
        """The settings, with the regular expression of the pages (host and path) under `pages`."""
        settings = self.copy(exclude={"pages"})
        return {"pages": f"^({'|'.join(map(_regular_expression, self.pages))})$", **Brand.attributes(settings)}


class BrandFile(Entry):
    """The content of brand.yml: the settings for everywhere, and those for some pages."""

    everywhere: Brand = Brand()
    some_pages: tuple[PageBrand, ...] = ()

    @root_validator(pre=True)
    def _may_be_empty(cls, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """A key with nothing under it, since all lines are comments, is as good as none."""
        return {key: value for key, value in values.items() if value is not None}

    def rules(self) -> list[Mapping[str, str]]:
        """The settings as the loader takes them, the general ones first."""
        rules = (self.everywhere, *self.some_pages)
        return [attributes for rule in rules if (attributes := rule.attributes())]


def _at_most(length: int, text: Text | None) -> Text | None:
    if text and max(len(text.nl), len(text.en)) > length:
        raise ValueError(f"expected at most {length} characters")
    return text


def _regular_expression(pattern: str) -> str:
    """A pattern as a regular expression of JavaScript; one that begins with a slash is for any host."""
    escaped = ".*".join(re.escape(part).replace(r"\-", "-") for part in pattern.split("*"))
    return f"[^/]*{escaped}" if pattern.startswith("/") else escaped
