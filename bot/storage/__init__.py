"""Databases: messages, requests, and the events of Rasa's tracker store. Imports no Rasa, web framework or Slack."""
