"""Rasa graph components, which config.yml names."""
