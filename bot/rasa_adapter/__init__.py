"""Adapts Rasa Open Source: training, loading, tracker store, locks. The rest of `bot` uses `assistant.Assistant`."""
