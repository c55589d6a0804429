"""Requests of visitors: the free competitor check and the appointment. No Rasa here."""
