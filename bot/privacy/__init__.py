"""Personal data: found, handed over, deleted, and kept out of logs. No Rasa here."""
