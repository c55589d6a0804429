"""What a user does in Slack, as the payloads that Slack sends of it and the HTTP requests around them.

A payload is the same for both ways in: the body of an HTTP request (see `http_body` and `signed`), or the payload of a
Socket Mode envelope (see `envelope_type`).
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any
from urllib.parse import urlencode

from slack_sdk.signature import SignatureVerifier

from tests.slack.block_kit import interactive_elements
from tests.slack.workspace import APP, BOT_USER, TEAM, Json, Post, Workspace


def envelope_type(payload: Json) -> str:
    """The type of the Socket Mode envelope that brings this payload."""
    if payload.get("type") == "event_callback":
        return "events_api"
    return "slash_commands" if "command" in payload else "interactive"


def http_body(payload: Json) -> str:
    """The body of the HTTP request that brings this payload: JSON for events, else a form."""
    if payload.get("type") in ("event_callback", "url_verification"):
        return json.dumps(payload)
    return urlencode(payload if "command" in payload else {"payload": json.dumps(payload)})


class UserActions:
    """Payloads of what users do in a workspace. Texts are as they arrive: with `&amp;` for `&`."""

    def __init__(self, workspace: Workspace, signing_secret: str) -> None:
        self.workspace = workspace
        self.signing_secret = signing_secret

    def signed(
        self,
        body: str,
        secret: str | None = None,
        timestamp: int | None = None,
        retry_num: int = 0,
        retry_reason: str = "http_timeout",
    ) -> dict[str, str]:
        """The headers of the HTTP request with this body; another secret or an old timestamp makes them invalid."""
        sent = str(int(time.time()) if timestamp is None else timestamp)
        signature = SignatureVerifier(secret or self.signing_secret).generate_signature(timestamp=sent, body=body)
        form = "application/x-www-form-urlencoded"
        headers = {
            "Content-Type": "application/json" if body.startswith("{") else form,
            "X-Slack-Request-Timestamp": sent,
            "X-Slack-Signature": signature or "",
        }
        if retry_num:
            headers.update({"X-Slack-Retry-Num": str(retry_num), "X-Slack-Retry-Reason": retry_reason})
        return headers

    def url_verification(self, challenge: str) -> Json:
        """What Slack sends when an address for events is entered; the response has to repeat the challenge."""
        return {"challenge": challenge, "type": "url_verification"}

    def event(self, event: Json) -> Json:
        """Any event, in the envelope of the Events API."""
        bot = {"enterprise_id": None, "team_id": TEAM, "user_id": BOT_USER, "is_bot": True}
        return {
            "team_id": TEAM,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{self.workspace.count():010d}",
            "event_time": int(time.time()),
            "authorizations": [{**bot, "is_enterprise_install": False}],
        }

    def message_event(
        self,
        text: str,
        channel: str = "D1",
        user: str = "U1",
        thread_ts: str | None = None,
        ts: str | None = None,
        bot_id: str | None = None,
        subtype: str | None = None,
    ) -> Json:
        """A message; with a `bot_id` of a bot. Subtype "message_changed" is an edit of the message with this `ts`.

        "message_deleted" is its removal.
        """
        kind = self.workspace.channel(channel).kind
        if subtype == "message_deleted":
            return self._deletion_event(channel, self._find_post(ts))
        if subtype == "message_changed":
            return self._edit_event(text, channel, self._find_post(ts))
        post = self.workspace.add_post(channel, user, text, thread_ts=thread_ts, bot_id=bot_id, subtype=subtype)
        if subtype == "bot_message":
            post.message.pop("user")
            post.message["bot_id"] = bot_id or "BOTHER"
        elif bot_id is None and subtype is None:
            post.message["client_msg_id"] = str(uuid.uuid4())
        event = {**deepcopy(post.message), "channel": channel, "event_ts": post.message["ts"], "channel_type": kind}
        return self.event(event)

    def app_mention_event(self, text: str, channel: str = "C1", user: str = "U1", thread_ts: str | None = None) -> Json:
        """A message that mentions the bot."""
        event: Json = self.message_event(text, channel, user, thread_ts)["event"]
        event.pop("channel_type")
        return self.event({**event, "type": "app_mention"})

    def app_home_opened_event(self, user: str = "U1") -> Json:
        """Somebody opens the home tab."""
        event = {"type": "app_home_opened", "user": user, "channel": f"D{user[1:]}", "tab": "home"}
        return self.event({**event, "event_ts": self.workspace.new_ts()})

    def say(self, text: str, channel: str = "C1", user: str = "U2") -> Json:
        """A message that the bot gets no event of; returns the message."""
        return self.workspace.add_post(channel, user, text).message

    def _edit_event(self, text: str, channel: str, post: Post) -> Json:
        before, now = deepcopy(post.message), self.workspace.new_ts()
        post.message.update(text=text, edited={"user": before["user"], "ts": now})
        event: Json = {"type": "message", "subtype": "message_changed", "channel": channel, "hidden": True, "ts": now}
        event.update(event_ts=now, channel_type=self.workspace.channel(channel).kind, previous_message=before)
        return self.event({**event, "message": dict(post.message)})

    def _deletion_event(self, channel: str, post: Post) -> Json:
        post.deleted, now = True, self.workspace.new_ts()
        event: Json = {"type": "message", "subtype": "message_deleted", "channel": channel, "hidden": True, "ts": now}
        event.update(event_ts=now, channel_type=self.workspace.channel(channel).kind, deleted_ts=post.message["ts"])
        return self.event({**event, "previous_message": deepcopy(post.message)})

    def slash_command(self, command: str, text: str = "", channel: str = "C1", user: str = "U1") -> Json:
        """A slash command."""
        return {
            "team_id": TEAM,
            "channel_id": channel,
            "user_id": user,
            "command": command,
            "text": text,
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": self.workspace.new_response_url(channel, user),
            "trigger_id": self.workspace.new_trigger(),
        }

    def message_shortcut(self, callback_id: str, message: Json, channel: str, user: str = "U1") -> Json:
        """A shortcut on a message."""
        return {
            **self._interaction("message_action", user),
            "callback_id": callback_id,
            "trigger_id": self.workspace.new_trigger(),
            "response_url": self.workspace.new_response_url(channel, user, message["ts"]),
            "channel": {"id": channel},
            "message": deepcopy(message),
        }

    def block_action(self, message: Json, action_id: str, value: Any, user: str = "U1") -> Json:
        """A press on a button of a message that is there."""
        ((block, button),) = [
            (block, element)
            for block in message["blocks"]
            for element in interactive_elements(block)
            if (element.get("action_id"), element.get("value")) == (action_id, value)
        ]
        return self._block_actions(message, {**button, "block_id": block["block_id"]}, user)

    def check_box_action(self, message: Json, block_id: str, ticked: bool, user: str = "U1") -> Json:
        """A tick in the one check box of a block, or its removal, in the message as this user sees it."""
        (block,) = [block for block in message["blocks"] if block["block_id"] == block_id]
        box = {key: value for key, value in block["accessory"].items() if key in ("type", "action_id")}
        selected = block["accessory"]["options"] if ticked else []
        return self._block_actions(message, {**box, "block_id": block_id, "selected_options": selected}, user)

    def _block_actions(self, message: Json, action: Json, user: str) -> Json:
        """Slack sends the message as it is now, which the user may not see yet."""
        post = self._find_post(message["ts"])
        thread = {key: value for key, value in post.message.items() if key == "thread_ts"}
        container = {"type": "message", "message_ts": message["ts"], "channel_id": post.channel, **thread}
        payload = {
            **self._interaction("block_actions", user),
            "trigger_id": self.workspace.new_trigger(),
            "actions": [{**action, "action_ts": self.workspace.new_ts()}],
            "container": {**container, "is_ephemeral": post.only_for is not None},
            "channel": {"id": post.channel},
            "response_url": self.workspace.new_response_url(post.channel, user, message["ts"]),
        }
        if post.only_for is None:  # Slack does not send the message if it is ephemeral
            payload["message"] = deepcopy(post.message)
        return payload

    def view_submission(self, view: Json, values: Mapping[str, Sequence[str]], user: str = "U1") -> Json:
        """A modal that was filled in: texts and values of ticked boxes by block_id, initial values for the others."""
        state: Json = {}
        for block in view["blocks"]:
            for element in interactive_elements(block):
                filled: Json = {"type": element["type"]}
                value = values.get(block["block_id"], element.get("initial_value"))
                if element["type"] == "checkboxes":
                    filled["selected_options"] = [o for o in element["options"] if o["value"] in (value or [])]
                else:
                    filled["value"] = value
                state[block["block_id"]] = {element["action_id"]: filled}
        assert values.keys() <= state.keys(), f"the fields are {sorted(state)}"
        return {
            **self._interaction("view_submission", user),
            "trigger_id": self.workspace.new_trigger(),
            "view": {**view, "state": {"values": state}},
            "response_urls": [],
        }

    def _interaction(self, kind: str, user: str) -> Json:
        return {
            "type": kind,
            "api_app_id": APP,
            "team": {"id": TEAM},
            "user": {"id": user, "team_id": TEAM},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _find_post(self, ts: str | None) -> Post:
        post = self.workspace.find_post(ts)
        assert post is not None, f"no message with ts {ts}"
        return post
