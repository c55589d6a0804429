"""Answers as text and buttons, one renderer a channel."""
