"""Rasa's custom actions: they read the turn, ask bot.advice for an answer, and render it."""
