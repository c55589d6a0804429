"""What a user does in Slack, as the payloads that Slack sends of it, and as the HTTP requests around them.

A payload is the same for both ways in: the body of an HTTP request (see `http_body` and `signed`), or the payload of a
Socket Mode envelope (see `envelope_type`).
"""

from __future__ import annotations

import html
import json
import time
import uuid
from copy import deepcopy
from typing import Any
from urllib.parse import urlencode

from slack_sdk.signature import SignatureVerifier

from tests.slack.block_kit import interactive_elements
from tests.slack.workspace import APP, BOT, BOT_USER, TEAM, TEAM_DOMAIN, Json, Post, SlackError, Workspace

TOKEN = "verification-token"

# How each kind of element names what was chosen; the others have a `value`.
CHOICES = {
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "overflow": "selected_option",
    "multi_static_select": "selected_options",
    "checkboxes": "selected_options",
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
}


def typed(text: str) -> str:
    """What arrives of a text that a user typed: `SEO & SEA` as `SEO &amp; SEA`."""
    return html.escape(text, quote=False)


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
    """Payloads of what users do in a workspace. Texts are what arrives, so escaped: see `typed`."""

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
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": sent,
            "X-Slack-Signature": signature or "",
        }
        if retry_num:
            headers.update({"X-Slack-Retry-Num": str(retry_num), "X-Slack-Retry-Reason": retry_reason})
        return headers

    # Events

    def url_verification(self, challenge: str = "challenge") -> Json:
        """What Slack sends when an address for events is entered; the answer has to repeat the challenge."""
        return {"token": TOKEN, "challenge": challenge, "type": "url_verification"}

    def event(self, event: Json) -> Json:
        """Any event, in the envelope of the Events API."""
        bot = {"enterprise_id": None, "team_id": TEAM, "user_id": BOT_USER, "is_bot": True}
        return {
            "token": TOKEN,
            "team_id": TEAM,
            "context_team_id": TEAM,
            "context_enterprise_id": None,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{self.workspace.count():010d}",
            "event_time": int(time.time()),
            "authorizations": [{**bot, "is_enterprise_install": False}],
            "is_ext_shared_channel": False,
            "event_context": f"4-{uuid.uuid4().hex}",
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
        """A message: in a direct message channel, or in a channel that the bot reads.

        With a `bot_id` it comes from a bot. Subtypes "message_changed" and "message_deleted" are about the message with
        this `ts`; "bot_message" and "channel_join" look like the real ones; others are only named.
        """
        kind = self._kind(channel)
        if subtype in ("message_changed", "message_deleted"):
            return self._change_event(subtype, text, channel, ts)
        known = self.workspace.find_post(ts) if ts else None
        if known is None:
            known = self._post(text, channel, user, thread_ts, ts, bot_id, subtype)
        event = {**deepcopy(known.message), "channel": channel, "event_ts": known.message["ts"], "channel_type": kind}
        if thread_ts and (parent := self.workspace.find_post(thread_ts)):
            event["parent_user_id"] = parent.message.get("user")
        return self.event(event)

    def app_mention_event(
        self, text: str, channel: str = "C1", user: str = "U1", thread_ts: str | None = None, ts: str | None = None
    ) -> Json:
        """A message that names the bot; the mention is put before the text unless it is there."""
        mention = f"<@{BOT_USER}>"
        text = text if mention in text else f"{mention} {text}"
        event: Json = self.message_event(text, channel, user, thread_ts, ts)["event"]
        event.pop("channel_type")
        return self.event({**event, "type": "app_mention"})

    def app_home_opened_event(self, user: str = "U1", tab: str = "home") -> Json:
        """Somebody opens the app; `view` is there once a home tab was published."""
        channel, ts = self.workspace.channel(user).id, self.workspace.new_ts()
        event: Json = {"type": "app_home_opened", "user": user, "channel": channel, "event_ts": ts, "tab": tab}
        if tab == "home" and user in self.workspace.home_tabs:
            event["view"] = self.workspace.home_tabs[user]
        return self.event(event)

    def say(self, text: str, channel: str = "C1", user: str = "U2", thread_ts: str | None = None) -> Json:
        """A message of somebody that the bot is not told of; returns the message."""
        self._kind(channel)
        return self._post(text, channel, user, thread_ts).message

    def _post(
        self,
        text: str,
        channel: str,
        user: str,
        thread_ts: str | None = None,
        ts: str | None = None,
        bot_id: str | None = None,
        subtype: str | None = None,
    ) -> Post:
        """Puts a message of a user, or of another bot, where everybody can see it."""
        if bot_id is not None:
            user = BOT_USER if bot_id == BOT else "UOTHER"
        paragraph = {"type": "rich_text_section", "elements": [{"type": "text", "text": html.unescape(text)}]}
        blocks = [{"type": "rich_text", "block_id": uuid.uuid4().hex[:5], "elements": [paragraph]}]
        more: Json = {"thread_ts": thread_ts, "ts": ts, "bot_id": bot_id, "subtype": subtype}
        if bot_id is None and subtype is None:
            more.update(client_msg_id=str(uuid.uuid4()), blocks=blocks)  # mentions stay text in these blocks
        elif bot_id not in (None, BOT):
            more["app_id"] = "AOTHER"
        if subtype == "channel_join":
            text = f"<@{user}> has joined the channel"
        post = self.workspace.add_post(channel, user, text, **more)
        if subtype == "bot_message":
            post.message.pop("user")
            post.message.update(username="other bot", bot_id=bot_id or "BOTHER")
        return post

    def _change_event(self, subtype: str, text: str, channel: str, ts: str | None) -> Json:
        post = self._find_post(ts)
        before, now = deepcopy(post.message), self.workspace.new_ts()
        event: Json = {"type": "message", "subtype": subtype, "channel": channel, "hidden": True, "ts": now}
        event.update(event_ts=now, channel_type=self._kind(channel), previous_message=before)
        if subtype == "message_deleted":
            post.deleted = True
            event["deleted_ts"] = before["ts"]
        else:
            post.message.update(text=text, edited={"user": before["user"], "ts": now})
            post.message.pop("blocks", None)
            event["message"] = dict(post.message)
        return self.event(event)

    # Commands, shortcuts, buttons and forms

    def slash_command(self, command: str, text: str = "", channel: str = "C1", user: str = "U1") -> Json:
        """A slash command. Not sure that Slack escapes its text as it does in messages."""
        place = self.workspace.channel(channel)
        return {
            "token": TOKEN,
            "team_id": TEAM,
            "team_domain": TEAM_DOMAIN,
            "channel_id": place.id,
            "channel_name": place.name if place.kind != "group" else "privategroup",
            "user_id": user,
            "user_name": self.workspace.users[user].name,
            "command": command,
            "text": text,
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": self.workspace.new_response_url(place.id, user),
            "trigger_id": self.workspace.new_trigger(user),
        }

    def message_shortcut(
        self, callback_id: str, message: Json | str, channel: str | None = None, user: str = "U1"
    ) -> Json:
        """A shortcut on a message, given as the message or as its ts."""
        post = self._find_post(message if isinstance(message, str) else message["ts"])
        channel = channel or post.channel
        return {
            **self._interaction("message_action", user),
            "action_ts": self.workspace.new_ts(),
            "callback_id": callback_id,
            "trigger_id": self.workspace.new_trigger(user),
            "response_url": self.workspace.new_response_url(channel, user, post.message["ts"]),
            "message_ts": post.message["ts"],
            "channel": self._channel(channel),
            "message": deepcopy(post.message),
        }

    def block_action(
        self,
        message_or_view: Json,
        action_id: str,
        value: Any = None,
        user: str = "U1",
        block_id: str | None = None,
        state_values: Json | None = None,
    ) -> Json:
        """A press on a button or a choice in a menu of a message, an ephemeral message, a modal or a home tab.

        `value` names the option of a menu, or tells buttons with the same action_id apart. What is not there can't be
        pressed: an AssertionError tells what is.
        """
        block, element = _find_element(message_or_view, action_id, value, block_id)
        action = {"type": element["type"], "action_id": action_id, "block_id": block["block_id"]}
        if element["type"] == "button":
            action.update({key: element[key] for key in ("text", "value", "style", "url") if key in element})
        else:
            action.update(_chosen(element, value))
        payload = {
            **self._interaction("block_actions", user),
            "trigger_id": self.workspace.new_trigger(user),
            "actions": [{**action, "action_ts": self.workspace.new_ts()}],
        }
        if message_or_view["type"] in ("modal", "home"):
            view = {**message_or_view, "state": {"values": _state(message_or_view, state_values or {})}}
            return {**payload, "container": {"type": "view", "view_id": view["id"]}, "view": view}
        post = self._find_post(message_or_view["ts"])
        container = {"type": "message", "message_ts": post.message["ts"], "channel_id": post.channel}
        container["is_ephemeral"] = post.only_for is not None
        if "thread_ts" in post.message:
            container["thread_ts"] = post.message["thread_ts"]
        payload.update(container=container, channel=self._channel(post.channel))
        payload["state"] = {"values": _state(post.message, state_values or {})}
        payload["response_url"] = self.workspace.new_response_url(post.channel, user, post.message["ts"])
        if post.only_for is None:  # Slack does not send the message if it is ephemeral
            payload["message"] = deepcopy(post.message)
        return payload

    def view_submission(self, view: Json, state_values: Json, user: str = "U1") -> Json:
        """A modal that was filled in. `state_values` maps a block_id to a text, an option's value, or a list of those.

        A field may be left out if it is optional or has an initial value; else Slack itself does not send the form,
        unless the value is None here. A dictionary with a "type" is sent as it is. Slack checks e-mail addresses and
        numbers in its own kinds of input as well; that is not done here.
        """
        return self._form("view_submission", view, state_values, user, response_urls=[])

    def view_closed(self, view: Json, user: str = "U1") -> Json:
        """A modal that was closed; Slack tells so only if the view has `notify_on_close`."""
        given = {block["block_id"]: None for block in view["blocks"] if block["type"] == "input"}
        return self._form("view_closed", view, given, user, is_cleared=False)

    def _form(self, kind: str, view: Json, state_values: Json, user: str, **more: Any) -> Json:
        inputs = {block["block_id"]: block for block in view["blocks"] if block["type"] == "input"}
        unknown = state_values.keys() - inputs.keys()
        needed = {key for key, block in inputs.items() if not (block.get("optional") or _initial(block["element"]))}
        missing = needed - state_values.keys()
        if unknown or missing:
            raise AssertionError(f"fields are {sorted(inputs)}; unknown: {sorted(unknown)}, missing: {sorted(missing)}")
        filled = {**view, "state": {"values": _state(view, state_values)}}
        trigger = {"trigger_id": self.workspace.new_trigger(user)} if kind == "view_submission" else {}
        return {**self._interaction(kind, user), **trigger, "view": filled, **more}

    # Parts of payloads

    def _interaction(self, kind: str, user: str) -> Json:
        name = self.workspace.users[user].name
        return {
            "type": kind,
            "token": TOKEN,
            "api_app_id": APP,
            "team": {"id": TEAM, "domain": TEAM_DOMAIN},
            "user": {"id": user, "username": name, "name": name, "team_id": TEAM},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _channel(self, channel: str) -> Json:
        place = self.workspace.channel(channel)
        return {"id": place.id, "name": place.name if place.kind != "group" else "privategroup"}

    def _kind(self, channel: str) -> str:
        try:
            return self.workspace.channel(channel).kind
        except SlackError:
            raise AssertionError(f"no channel {channel}; there are {sorted(self.workspace.channels)}") from None

    def _find_post(self, ts: str | None) -> Post:
        post = self.workspace.find_post(ts)
        if post is None:
            raise AssertionError(f"no message with ts {ts}")
        return post


def _find_element(owner: Json, action_id: str, value: Any, block_id: str | None) -> tuple[Json, Json]:
    """The element with this action_id; if several have it, the button with this value or the one in this block."""
    there = [(block, element) for block in owner.get("blocks", []) for element in interactive_elements(block)]
    for block, element in there:
        wrong_button = element["type"] == "button" and value is not None and element.get("value") != value
        if element.get("action_id") == action_id and block_id in (None, block["block_id"]) and not wrong_button:
            return block, element
    seen = [(element.get("action_id"), element.get("value")) for _, element in there]
    raise AssertionError(f"nothing to press with action_id {action_id!r} and value {value!r}; there is {seen}")


def _chosen(element: Json, value: Any) -> Json:
    """What a choice looks like in a payload."""
    if isinstance(value, dict) and "type" in value:
        return value
    key = CHOICES.get(element["type"], "value")
    if key not in ("selected_option", "selected_options"):
        return {key: value}
    options = list(element.get("options") or [])
    for group in element.get("option_groups") or []:
        options += group["options"]
    by_value = {option["value"]: option for option in options}
    wanted = value if isinstance(value, list) else [] if value is None else [value]
    if not set(wanted) <= by_value.keys():
        raise AssertionError(f"no option {value!r}; there are {list(by_value)}")
    chosen = [by_value[name] for name in wanted]
    return {key: chosen if key == "selected_options" else (chosen or [None])[0]}


def _initial(element: Json) -> Any:
    """What an element holds before anybody touches it."""
    if "initial_option" in element:
        return element["initial_option"]["value"]
    if "initial_options" in element:
        return [option["value"] for option in element["initial_options"]]
    return next((value for key, value in element.items() if key.startswith("initial_")), None)


def _state(owner: Json, given: Json) -> Json:
    """`state.values` of a view or a message: by block_id and action_id, empty fields included."""
    values: Json = {}
    for block in owner.get("blocks", []):
        for element in interactive_elements(block):
            if element["type"] in ("button", "overflow"):
                continue
            value = given.get(block["block_id"], _initial(element))
            chosen = {"type": element["type"], **_chosen(element, value)}
            values.setdefault(block["block_id"], {})[element["action_id"]] = chosen
    return values
