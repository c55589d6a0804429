"""Sessions of visitors."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.chat.website.sessions import Sessions, read_or_create_secret
from bot.errors import InvalidTokenError
from bot.settings import Settings


def test_a_token_leads_back_to_its_conversation() -> None:
    sessions = Sessions("secret", days=1)
    session, token = sessions.issue("en")
    assert sessions.read(token) == session
    assert session.language == "en"
    assert len(session.conversation) < 255


def test_no_two_sessions_are_alike() -> None:
    sessions = Sessions("secret", days=1)
    assert len({sessions.issue("nl")[0].conversation for _ in range(100)}) == 100


@pytest.mark.parametrize("days", [1, -1])
def test_a_changed_forged_or_old_token_is_refused(days: int) -> None:
    _, token = Sessions("secret", days=1).issue("nl")
    for bad in ("", "x", token[:-2], token[1:], f"{token}x", Sessions("other", days=1).issue("nl")[1]):
        with pytest.raises(InvalidTokenError):
            Sessions("secret", days=1).read(bad)
    if days < 0:
        with pytest.raises(InvalidTokenError):
            Sessions("secret", days=days).read(token)


def test_the_secret_is_made_once_and_only_we_can_read_it(tmp_path: Path) -> None:
    file = tmp_path / "var" / "secret"
    assert read_or_create_secret(file) == read_or_create_secret(file)
    assert len(read_or_create_secret(file)) > 40
    assert file.stat().st_mode & 0o077 == 0


def test_sites_are_addresses_without_a_path() -> None:
    assert "https://www.zaak.nl" in Settings(sites="https://www.zaak.nl https://*.bureau.nl").allowed_sites
    for wrong in ("www.zaak.nl", "https://zaak.nl/pad", "https://zaak.nl; script-src *"):
        with pytest.raises(ValueError, match="expected addresses without a path"):
            Settings(sites=wrong)
