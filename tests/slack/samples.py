"""What the tests of the fake share: clients without retries, and small pieces of Block Kit."""

from __future__ import annotations

from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack.fake_slack import FakeSlack
from tests.slack.workspace import Json


def client_of(slack: FakeSlack, **options: Any) -> AsyncWebClient:
    """A client without retries, unless the test asks for them."""
    return AsyncWebClient(**{"token": slack.bot_token, "base_url": slack.base_url, "retry_handlers": [], **options})


def bolt(slack: FakeSlack, **options: Any) -> AsyncApp:
    """A bolt app of this fake."""
    return AsyncApp(client=client_of(slack), signing_secret=slack.signing_secret, **options)


async def acknowledge(ack: Any) -> None:
    """A listener that does nothing else."""
    await ack()


async def refusal(call: Any) -> Json:
    """The answer of a call that has to fail."""
    with pytest.raises(SlackApiError) as error:
        await call
    return dict(error.value.response.data)


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def button(text: str = "Ja", action_id: str = "yes", **more: Any) -> Json:
    return {"type": "button", "text": plain(text), "action_id": action_id, **more}


def picture(address: str) -> Json:
    return {"type": "image", "image_url": address, "alt_text": "reis"}


def section(text: str = "tekst") -> Json:
    return {"type": "section", "text": mrkdwn(text)}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def menu(*options: Json, **more: Any) -> Json:
    return {"type": "static_select", "action_id": "menu", "options": list(options), **more}


def option(text: str = "Think", value: str = "think") -> Json:
    return {"text": plain(text), "value": value}


def field(block_id: str, label: str, optional: bool = False, **element: Any) -> Json:
    element = {"type": "plain_text_input", "action_id": "value", **element}
    return {"type": "input", "block_id": block_id, "label": plain(label), "optional": optional, "element": element}


def modal(*blocks: Json, **more: Any) -> Json:
    return {"type": "modal", "title": plain("Afspraak"), "submit": plain("Stuur"), "blocks": list(blocks), **more}
