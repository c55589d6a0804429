"""Renders answers: Markdown for terminal and REST, JSON for the widget, Block Kit for Slack."""
