"""Retention and data subject requests over all stores."""
