"""The request forms: the free competitor check and the appointment. Imports no Rasa, SQL, web, Slack or settings."""
