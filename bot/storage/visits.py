"""Where on a website a visitor writes: what is kept with a request, so that the agency sees what brings visitors."""

from __future__ import annotations

import msgspec

CAMPAIGN = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
"""The parameters by which a campaign marks its links."""


class Visit(msgspec.Struct, frozen=True, omit_defaults=True):
    """The page, the site that led there, and the campaign; empty as far as they are not known."""

    address: str
    """Without the query and the fragment."""
    title: str = ""
    referrer: str = ""
    """Host of the site whose link was followed."""
    campaign: dict[str, str] = {}
    """By the names of CAMPAIGN."""

    def after(self, earlier: Visit | None) -> Visit:
        """The visit, with referrer and campaign of an earlier page if this one was reached within the site.

        >>> Visit("https://zaak.nl/b").after(Visit("https://zaak.nl/a", referrer="zoek.nl")).referrer
        'zoek.nl'
        """
        if earlier is None or self.campaign or self.referrer:
            return self
        return msgspec.structs.replace(self, referrer=earlier.referrer, campaign=earlier.campaign)
