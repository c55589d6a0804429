"""Graph components of Rasa's NLU pipeline; config.yml lists them."""
