"""The advisor in a marketing team's Slack: a Rasa channel around slack_bolt."""

from bot.chat.slack.channel import SlackInput

__all__ = ["SlackInput"]
