"""Measures how well the advisor understands, and chooses when it is sure enough."""
