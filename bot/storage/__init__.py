"""What several servers share: databases, conversations, and locks."""
