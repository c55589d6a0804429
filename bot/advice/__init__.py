"""What to say: pure functions from a situation to an answer. No Rasa here."""
