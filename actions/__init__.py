"""Rasa's custom actions: functions that read the turn and ask bot.advice for an answer. `table` lists them."""
