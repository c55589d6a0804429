"""Whose data to look for: a person, and what identifies them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from itsdangerous import URLSafeTimedSerializer

from bot.errors import UnknownPersonError
from bot.forms import parsing
from bot.observability.masking import phone_numbers
from bot.storage.requests import StoredRequest

CONVERSATION = re.compile(r"(website|slack|rest)-.+|terminal")
"""Conversation ids begin with the name of the channel."""
SLACK_USER = re.compile(r"[UW][A-Z0-9]{6,}")


@dataclass(frozen=True)
class Person:
    """A person, by e-mail address, phone numbers, conversation, request or Slack user."""

    email: str | None = None
    phones: frozenset[str] = frozenset()
    conversation: str | None = None
    request: int | None = None
    slack_user: str | None = None

    @classmethod
    def of(cls, text: str) -> Person:
        """The person that a text identifies.

        Example:
            >>> Person.of("jan@zaak.nl")
            Person(email='jan@zaak.nl', ...)

        Raises:
            UnknownPersonError: It identifies no person.
        """
        text = text.strip()
        if found := re.fullmatch(r"request:(\d{1,9})", text):
            return cls(request=int(found.group(1)))
        if CONVERSATION.fullmatch(text):
            return cls(conversation=text)
        if SLACK_USER.fullmatch(text):
            return cls(slack_user=text)
        _, session = URLSafeTimedSerializer("").loads_unsafe(text)  # its bearer may read that conversation anyway
        if isinstance(session, list) and session:
            return cls(conversation=str(session[0]))
        person = cls.of_contact(text)
        if person is None:
            raise UnknownPersonError(
                f"{text!r} identifies no person. Expected an e-mail address, a phone number, "
                "request:12, the id of a conversation (website-..., slack-..., rest-...), what the chat keeps in the "
                "visitor's browser, or the id of a user in Slack (U...)."
            )
        return person

    @classmethod
    def of_contact(cls, text: str) -> Person | None:
        """The person with an e-mail address or phone number, if the text is one."""
        if "@" in text:
            email = parsing.find_email(text)
            return cls(email=email) if email else None
        phones = phone_numbers(text)
        return cls(phones=frozenset(phones)) if phones else None

    def occurs_in(self, text: str) -> bool:
        """Whether a text contains the e-mail address or phone number, in any notation."""
        if self.email:
            alone = rf"(?<![\w+%])(?<!\w[.-]){re.escape(self.email)}(?!\w)"
            return "@" in text and re.search(alone, text, re.IGNORECASE) is not None
        return bool(self.phones and sum(map(str.isdigit, text)) >= 9 and self.phones & phone_numbers(text))

    def has_conversation(self, conversation: str) -> bool:
        """Whether a conversation is theirs by its id; clients of REST may name conversations after persons."""
        if self.slack_user:  # see SlackThread.conversation
            return conversation.startswith("slack-") and conversation.endswith(f"-{self.slack_user}")
        return conversation == self.conversation or self.occurs_in(conversation.removeprefix("rest-"))

    def made_request(self, stored: StoredRequest) -> bool:
        """Whether a request is theirs by its number or its fields."""
        return stored.number == self.request or any(map(self.occurs_in, stored.request.fields.values()))
