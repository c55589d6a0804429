"""What all HTTP routes share: parsing and errors, rate limits, health checks and metrics."""
