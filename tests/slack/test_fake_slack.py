"""The fake Slack refuses what the real one refuses. What it accepts is tested by the tests of the advisor."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.slack.fake_slack import FakeSlack
from tests.slack.test_block_kit import field, modal, section
from tests.slack.workspace import Json


async def error_of(call: Any) -> str:
    """The error of a call that has to fail."""
    with pytest.raises(SlackApiError) as error:
        await call
    return str(error.value.response["error"])


@pytest.mark.parametrize(
    ("token", "error"), [(None, "not_authed"), ("xoxb-other", "invalid_auth"), ("xapp-fake", "not_allowed_token_type")]
)
async def test_a_wrong_token_is_refused(slack: FakeSlack, token: str | None, error: str) -> None:
    assert await error_of(AsyncWebClient(token=token, base_url=slack.base_url).auth_test()) == error


async def test_a_missing_scope_is_refused() -> None:
    async with FakeSlack(scopes=["chat:write"]) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        assert await error_of(client.users_info(user="U1")) == "missing_scope"


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"channel": "C9", "text": "Hoi"}, "channel_not_found"),
        ({"channel": "C2", "text": "Hoi"}, "not_in_channel"),
        ({"channel": "C1", "text": ""}, "no_text"),
        ({"channel": "C1", "text": "a" * 40_001}, "msg_too_long"),
        ({"channel": "C1", "text": "a", "blocks": [section("")]}, "invalid_blocks"),
        ({"channel": "C1", "text": "a", "blocks": [section("a" * 2900)] * 5}, "msg_blocks_too_long"),
    ],
)
async def test_a_message_that_cannot_be_posted_is_refused(client: AsyncWebClient, message: Json, error: str) -> None:
    assert await error_of(client.api_call("chat.postMessage", json=message)) == error


async def test_only_own_messages_can_be_changed(slack: FakeSlack, client: AsyncWebClient) -> None:
    theirs = slack.say("van Bram")["ts"]
    assert await error_of(client.chat_update(channel="C1", ts=theirs, text="x")) == "cant_update_message"
    assert await error_of(client.chat_update(channel="C1", ts="1.2", text="x")) == "message_not_found"


async def test_a_trigger_opens_one_modal_within_three_seconds(slack: FakeSlack, client: AsyncWebClient) -> None:
    view = modal(field("email"))
    trigger, late = (slack.slash_command("/advies")["trigger_id"] for _ in range(2))
    await client.views_open(trigger_id=trigger, view=view)
    assert await error_of(client.views_open(trigger_id=trigger, view=view)) == "exchanged_trigger_id"
    slack.workspace.triggers[late].issued -= 3.1
    assert await error_of(client.views_open(trigger_id=late, view=view)) == "expired_trigger_id"


async def test_a_response_url_takes_five_answers(slack: FakeSlack) -> None:
    hook = AsyncWebhookClient(slack.slash_command("/advies", "hoi", channel="C2")["response_url"])
    statuses = [(await hook.send(text=f"alleen jij {number}")).status_code for number in range(6)]
    assert statuses == [200] * 5 + [404]


async def test_a_call_whose_response_is_lost_has_been_done(slack: FakeSlack) -> None:
    slack.break_connection("chat.postMessage", after_work=True)
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)  # retries by default
    await client.chat_postMessage(channel="C1", text="Hoi")
    assert len(slack.workspace.messages("C1")) == 2
