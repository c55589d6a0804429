"""The advisor in a marketing team's Slack, on slack_bolt."""
