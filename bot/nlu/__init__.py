"""Rasa graph components: what the advisor hears."""
