"""Settings are checked when the program starts."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from bot.settings import Settings

SENDER = "Jouw Bureau <info@jouwbureau.nl>"


@pytest.mark.parametrize(
    "url",
    [
        "smtp://localhost",
        "smtp://mail.jouwbureau.nl:587",
        "smtp://user:p%40ss@mail.jouwbureau.nl:587",
        "smtps://info%40jouwbureau.nl:pass@mail.jouwbureau.nl",
    ],
)
def test_a_mail_server_is_a_url_of_smtp(url: str) -> None:
    assert Settings(smtp_url=url, smtp_sender=SENDER).smtp_url == url


@pytest.mark.parametrize(
    "url",
    ["mail.jouwbureau.nl", "https://mail.jouwbureau.nl", "smtp://", "smtp://user:p@ss:w@host", "smtp://host:port"],
)
def test_anything_else_is_refused_without_showing_the_password(url: str) -> None:
    with pytest.raises(ValidationError, match="expected smtp://user:password@host:587") as error:
        Settings(smtp_url=url, smtp_sender=SENDER)
    assert "p@ss" not in str(error.value)


def test_a_mail_server_needs_a_sender() -> None:
    with pytest.raises(ValidationError, match="needs a sender"):
        Settings(smtp_url="smtp://localhost")


def test_a_sender_is_an_email_address() -> None:
    with pytest.raises(ValidationError, match="smtp_sender"):
        Settings(smtp_sender="Jouw Bureau")
