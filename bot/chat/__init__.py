"""Rasa input channels, thin, and the guard that every message passes."""
