"""The page on which a marketer sets up the chat for a site, and copies the line for it."""
