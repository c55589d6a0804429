"""The form of the install page: what was filled in, what is wrong with it, and the attributes that it stands for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from pydantic import ValidationError

from bot.knowledge.brand import Brand

TEXT_FIELDS = ("name", "logo", "accent", "label", "greeting", "invite")
NUMBER_FIELDS = ("offset_bottom", "offset_side", "invite_after", "invite_scroll")
SWITCHES = ("credit", "invite_exit", "invite_phones", "data_layer")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "language": ("", "nl", "en"),
    "theme": ("", "light", "dark"),
    "position": ("", "left"),
}
"""Fields with a few values; the empty one is the default."""

FIELDS = (*CHOICES, *TEXT_FIELDS, *NUMBER_FIELDS, *SWITCHES)


@dataclass(frozen=True)
class InstallForm:
    """A form as it was filled in. Switches are "on" or "off"."""

    site: str
    kind: str
    values: Mapping[str, str]
    faults: tuple[str, ...] = field(default=())
    """Names of the fields whose value does not fit, `site` among them."""

    @classmethod
    def read(cls, query: Mapping[str, str], own: str) -> InstallForm:
        """The form in the query of an address; `own` is the origin of this server, where a logo may lie too.

        Example:
            >>> form = InstallForm.read({"site": "zaak.nl", "accent": "red", "sent": "1"}, "https://advisor.example")
            >>> form.site, form.faults, form.attributes()
            ('https://zaak.nl', ('accent',), {'data-credit': 'off'})
        """
        values = {key: query.get(key, "").strip() for key in FIELDS if key not in SWITCHES}
        was_sent = "sent" in query  # a box that isn't ticked is not sent, so an untouched form looks like an empty one
        values |= {key: "on" if key in query or (key == "credit" and not was_sent) else "off" for key in SWITCHES}
        values |= {key: "" for key, known in CHOICES.items() if values[key] not in known}
        typed = query.get("site", "").strip()
        site = origin_of(typed)
        faults = _faults(values, site, own)
        if typed and site is None:
            faults = ("site", *faults)
        return cls(site or typed, query.get("kind", ""), values, faults)

    def attributes(self) -> dict[str, str]:
        """The attributes of the script element: what differs from the default, without what does not fit."""
        found = {}
        for key, value in self.values.items():
            is_default = value == ("on" if key == "credit" else "off" if key in SWITCHES else "")
            if not is_default and key not in self.faults:
                found[f"data-{key.replace('_', '-')}"] = "dataLayer" if key == "data_layer" else value
        return found


def origin_of(address: str) -> str | None:
    """The origin of a site's address, with or without https://; None for what is no address.

    Example:
        >>> origin_of("www.Zaak.nl/prijzen")
        'https://www.zaak.nl'
    """
    if not address:
        return None
    try:
        parts = urlsplit(address if "://" in address else f"https://{address}")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return None
    host = parts.hostname or ""
    is_host = re.fullmatch(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]+|localhost|[0-9.]+", host)
    if parts.scheme not in ("http", "https") or not is_host or parts.username:
        return None
    return f"{parts.scheme}://{host}{port}"


def _faults(values: Mapping[str, str], site: str | None, own: str) -> tuple[str, ...]:
    given: dict[str, object] = {key: value for key, value in values.items() if value and key not in SWITCHES}
    wrong: set[str] = set()
    try:
        Brand(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        wrong = {str(fault["loc"][0]) for fault in error.errors()}
    if values["logo"] and "logo" not in wrong:
        logo = urlsplit(urljoin(site or own, values["logo"]))
        if f"{logo.scheme}://{logo.netloc}" not in (site, own) and site:
            wrong.add("logo")
    return tuple(key for key in FIELDS if key in wrong)
