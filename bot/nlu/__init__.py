"""Natural language understanding: language, intents, entities and cues. Rasa is used in components/ and importer.py."""
