"""The chat on a website: the channel that the widget talks to, and the pages that carry it."""

from bot.chat.website.channel import WebsiteInput

__all__ = ["WebsiteInput"]
