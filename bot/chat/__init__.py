"""Chat channels, and the turn service that answers their messages. Imports no Rasa."""
