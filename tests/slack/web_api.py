"""The methods of Slack's Web API that the advisor calls, on a workspace in memory."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tests.slack.block_kit import check_message, check_view, with_ids
from tests.slack.workspace import (
    APP,
    BOT,
    BOT_USER,
    RESPONSE_URL_USES,
    TEAM,
    Channel,
    Json,
    Post,
    SlackError,
    Workspace,
)

SCOPES = {
    "users.info": "users:read",
    "chat.postMessage": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.update": "chat:write",
    "chat.scheduleMessage": "chat:write",
    "conversations.open": "im:write",
    "conversations.history": "channels:history",
    "conversations.replies": "channels:history",
}
"""Scopes of the bot token that methods need; the others need none."""
JSON_ARGUMENTS = ("blocks", "view", "metadata")
"""Arguments that hold JSON as text in a form."""


def decode(arguments: Json) -> Json:
    """The arguments of a call with JSON in place of text."""
    result = dict(arguments)
    for name in JSON_ARGUMENTS:
        if isinstance(result.get(name), str):
            with suppress(ValueError):
                result[name] = json.loads(result[name])
    return result


class WebApi:
    """Answers a call with a dictionary, or raises SlackError."""

    def __init__(self, workspace: Workspace, scopes: frozenset[str]) -> None:
        self.workspace = workspace
        self.scopes = scopes
        self.methods: dict[str, Callable[[Json], Json]] = {
            "auth.test": lambda _: {"team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT},
            "users.info": self._users_info,
            "chat.postMessage": self._post_message,
            "chat.postEphemeral": self._post_ephemeral,
            "chat.update": self._update,
            "chat.getPermalink": self._permalink,
            "chat.scheduleMessage": self._schedule,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "conversations.open": self._open_conversation,
            "views.open": self._open_view,
            "views.publish": self._publish_view,
        }

    def call(self, method: str, arguments: Json) -> Json:
        """The response of a method."""
        if method not in self.methods:
            raise SlackError("unknown_method", req_method=method)
        if (scope := SCOPES.get(method)) and scope not in self.scopes:
            raise SlackError("missing_scope", needed=scope, provided=",".join(sorted(self.scopes)))
        return {"ok": True, **self.methods[method](arguments)}

    def respond(self, key: str, arguments: Json) -> None:
        """What a POST to a response_url does: a message to the user or the channel, or the original deleted."""
        url = self.workspace.response_urls.get(key)
        if url is None or url.uses >= RESPONSE_URL_USES:
            raise SlackError("expired_url" if url is None else "used_url")
        if arguments.get("delete_original"):
            if original := self.workspace.find_post(url.message_ts):
                original.deleted = True
        else:
            assert not arguments.get("replace_original"), "the fake does not do that"
            check_message(arguments, max_size=None)
            in_channel = arguments.get("response_type") == "in_channel"
            self._post(url.channel, arguments, only_for=None if in_channel else url.user)
        url.uses += 1

    def _users_info(self, arguments: Json) -> Json:
        """The locale comes only if it is asked for."""
        user = _required(arguments, "user")
        if user not in self.workspace.locales:
            raise SlackError("user_not_found")
        has_locale = str(arguments.get("include_locale")).lower() in ("1", "true")
        name = self.workspace.names.get(user, user)
        profile = {"first_name": name, "real_name": f"{name} de Vries", "display_name": ""}
        locale = {"locale": self.workspace.locales[user]} if has_locale else {}
        return {"user": {"id": user, "name": name.lower(), "profile": profile, **locale}}

    def _post_message(self, arguments: Json) -> Json:
        channel = self._channel_to_write_in(arguments)
        check_message(arguments)
        message = self._post(channel.id, arguments).message
        return {"channel": channel.id, "ts": message["ts"], "message": message}

    def _post_ephemeral(self, arguments: Json) -> Json:
        user, channel = _required(arguments, "user"), self._channel_to_write_in(arguments)
        if user not in channel.members:
            raise SlackError("user_not_in_channel")
        check_message(arguments)
        return {"message_ts": self._post(channel.id, arguments, only_for=user).message["ts"]}

    def _update(self, arguments: Json) -> Json:
        """Without `blocks` the old blocks stay."""
        post = self.workspace.find_post(_required(arguments, "ts"))
        if post is None or post.only_for or post.channel != arguments.get("channel"):
            raise SlackError("message_not_found")
        if post.message["user"] != BOT_USER:
            raise SlackError("cant_update_message")
        check_message(arguments, max_text=4000)
        post.message["text"] = arguments["text"]
        if arguments.get("blocks") is not None:
            post.message["blocks"] = with_ids(arguments["blocks"])
        return {"channel": post.channel, "ts": post.message["ts"], "text": post.message["text"]}

    def _permalink(self, arguments: Json) -> Json:
        post = self.workspace.find_post(_required(arguments, "message_ts"))
        if post is None or post.only_for or post.channel != _required(arguments, "channel"):
            raise SlackError("message_not_found")
        number = post.message["ts"].replace(".", "")
        return {"channel": post.channel, "permalink": f"https://t1.slack.com/archives/{post.channel}/p{number}?a=b&c=d"}

    def _schedule(self, arguments: Json) -> Json:
        """With metadata it would never be posted."""
        channel, post_at = self._channel_to_write_in(arguments), int(_required(arguments, "post_at"))
        if post_at <= time.time():
            raise SlackError("time_in_past")
        if post_at > time.time() + 120 * 24 * 60 * 60:
            raise SlackError("time_too_far")
        if arguments.get("metadata"):
            raise SlackError("invalid_arguments", ["metadata is not posted"])
        check_message(arguments)
        return {"channel": channel.id, "scheduled_message_id": f"Q{self.workspace.count()}", "post_at": post_at}

    def _history(self, arguments: Json) -> Json:
        """The newest messages first; metadata only if it is asked for. Replies in threads are not included."""
        channel = self._channel_to_write_in(arguments)
        oldest, limit = float(arguments.get("oldest") or 0), int(arguments.get("limit") or 100)
        messages = [
            m for m in self.workspace.messages(channel.id) if float(m["ts"]) > oldest and not m.get("thread_ts")
        ]
        if str(arguments.get("include_all_metadata")).lower() not in ("1", "true"):
            messages = [{key: value for key, value in m.items() if key != "metadata"} for m in messages]
        return {"messages": messages[::-1][:limit], "has_more": len(messages) > limit}

    def _replies(self, arguments: Json) -> Json:
        """A message with its thread, the oldest first, in pages; after `oldest` only replies."""
        channel, ts = self._channel_to_write_in(arguments), _required(arguments, "ts")
        if self.workspace.find_post(ts) is None:
            raise SlackError("thread_not_found")
        oldest, limit = float(arguments.get("oldest") or 0), int(arguments.get("limit") or 1000)
        thread = [m for m in self.workspace.messages(channel.id) if ts in (m["ts"], m.get("thread_ts"))]
        start = int(arguments.get("cursor") or 0)
        found = [m for m in thread if m["ts"] == ts or float(m["ts"]) > oldest]
        if str(arguments.get("include_all_metadata")).lower() not in ("1", "true"):
            found = [{key: value for key, value in m.items() if key != "metadata"} for m in found]
        cursor = str(start + limit) if len(found) > start + limit else ""
        more = {"has_more": bool(cursor), "response_metadata": {"next_cursor": cursor}}
        return {"messages": found[start : start + limit], **more}

    def _open_conversation(self, arguments: Json) -> Json:
        """With one user."""
        user = _required(arguments, "users")
        if user not in self.workspace.locales:
            raise SlackError("user_not_found")
        return {"channel": {"id": self.workspace.channel(f"D{user[1:]}").id}}

    def _open_view(self, arguments: Json) -> Json:
        view = _required(arguments, "view")
        check_view(view, "modal")
        self.workspace.use_trigger(_required(arguments, "trigger_id"))
        complete = self._complete_view(view)
        self.workspace.views[complete["id"]] = complete
        return {"view": complete}

    def _publish_view(self, arguments: Json) -> Json:
        user, view = _required(arguments, "user_id"), _required(arguments, "view")
        check_view(view, "home")
        if user not in self.workspace.locales:
            raise SlackError("invalid_arguments", ["invalid `user_id`"])
        self.workspace.home_tabs[user] = self._complete_view(view)
        return {"view": self.workspace.home_tabs[user]}

    def _complete_view(self, view: Json) -> Json:
        """The view with what Slack adds to it."""
        added: Json = {"id": f"V{self.workspace.count()}", "team_id": TEAM, "app_id": APP, "bot_id": BOT}
        added["hash"] = f"{int(time.time())}.{uuid.uuid4().hex[:8]}"
        defaults = {"private_metadata": "", "callback_id": "", "state": {"values": {}}}
        return {**defaults, **view, **added, "blocks": with_ids(view["blocks"])}

    def _post(self, channel: str, arguments: Json, only_for: str | None = None) -> Post:
        blocks = arguments.get("blocks")
        return self.workspace.add_post(
            channel,
            BOT_USER,
            arguments.get("text") or "",
            only_for,
            blocks=with_ids(blocks) if blocks else None,
            metadata=arguments.get("metadata"),
            thread_ts=arguments.get("thread_ts") or None,
        )

    def _channel_to_write_in(self, arguments: Json) -> Channel:
        channel = self.workspace.channel(_required(arguments, "channel"))
        if BOT_USER not in channel.members:
            raise SlackError("not_in_channel")
        return channel


def _required(arguments: Json, name: str) -> Any:
    if arguments.get(name) in (None, ""):
        raise SlackError("invalid_arguments", [f"missing required field: {name}"])
    return arguments[name]
