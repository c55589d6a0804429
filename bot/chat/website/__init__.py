"""The chat on a website: the channel that the widget talks to, and the pages that carry it."""
