"""Klantkompas: a chat advisor on the customer journey. Start with `app` (the server) and docs/architecture.md."""
