"""Measures our server beside a stock Rasa bot with the same knowledge; `make bench` writes docs/benchmarks.md."""
