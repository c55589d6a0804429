"""Logs, Prometheus metrics, and masking of personal data in both."""
