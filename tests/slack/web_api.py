"""The methods of Slack's Web API that a bot needs, on a workspace in memory."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tests.slack.block_kit import HOME, MODAL, check_message, check_view, with_ids
from tests.slack.workspace import (
    APP,
    BOT,
    BOT_NAME,
    BOT_USER,
    TEAM,
    TEAM_DOMAIN,
    Channel,
    Json,
    Post,
    ResponseUrl,
    SlackError,
    Workspace,
)

MAX_TEXT, MAX_UPDATE_TEXT = 40_000, 4_000

# The bot token's scope that a method needs; for conversations.* it depends on the kind of channel.
SCOPES = {
    "bots.info": "users:read",
    "users.info": "users:read",
    "chat.postMessage": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "conversations.open": "im:write",
    "reactions.add": "reactions:write",
}
KIND_SCOPES = {"channel": "channels", "group": "groups", "im": "im"}
ALL_SCOPES = frozenset(
    {*SCOPES.values(), "commands", "app_mentions:read"}
    | {f"{kind}:{what}" for kind in KIND_SCOPES.values() for what in ("read", "history")}
)
# Arguments that a form holds as JSON; in a JSON body they may be text as well.
JSON_ARGUMENTS = ("blocks", "attachments", "view", "metadata")


def decoded(arguments: Json) -> Json:
    """The arguments with JSON in place of text where a form, or a JSON body, holds JSON as text."""
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
            "auth.test": self.auth_test,
            "bots.info": self.bots_info,
            "users.info": self.users_info,
            "chat.postMessage": self.post_message,
            "chat.postEphemeral": self.post_ephemeral,
            "chat.update": self.update,
            "chat.delete": self.delete,
            "chat.getPermalink": self.permalink,
            "views.open": self.open_view,
            "views.publish": self.publish_view,
            "views.update": self.update_view,
            "conversations.info": self.conversation,
            "conversations.history": self.history,
            "conversations.replies": self.replies,
            "conversations.open": self.open_conversation,
            "reactions.add": self.add_reaction,
        }

    def call(self, method: str, arguments: Json) -> Json:
        """Does what the method does."""
        if method in SCOPES:
            self._need_scope(SCOPES[method])
        _check_json(arguments)
        return {"ok": True, **self.methods[method](arguments)}

    def _need_scope(self, scope: str) -> None:
        if scope not in self.scopes:
            raise SlackError("missing_scope", needed=scope, provided=",".join(sorted(self.scopes)))

    # Who is who

    def auth_test(self, arguments: Json) -> Json:
        """auth.test"""
        who = {"user": BOT_NAME, "user_id": BOT_USER, "bot_id": BOT, "is_enterprise_install": False}
        return {"url": f"https://{TEAM_DOMAIN}.slack.com/", "team": "Klantkompas", "team_id": TEAM, **who}

    def bots_info(self, arguments: Json) -> Json:
        """bots.info"""
        if arguments.get("bot") not in (None, BOT):
            raise SlackError("bot_not_found")
        bot = {"id": BOT, "deleted": False, "name": BOT_NAME, "updated": 1700000000, "app_id": APP, "user_id": BOT_USER}
        return {"bot": {**bot, "icons": {}}}

    def users_info(self, arguments: Json) -> Json:
        """users.info; the locale comes only if it was asked for."""
        user = self.workspace.users.get(_required(arguments, "user"))
        if user is None:
            raise SlackError("user_not_found")
        profile = {"real_name": user.real_name, "display_name": user.name, "team": TEAM}
        answer = {"id": user.id, "team_id": TEAM, "name": user.name, "real_name": user.real_name, "deleted": False}
        answer.update(tz="Europe/Amsterdam", is_bot=user.is_bot, is_app_user=False, profile=profile)
        if str(arguments.get("include_locale")).lower() in ("1", "true"):
            answer["locale"] = user.locale
        return {"user": answer}

    # Messages

    def post_message(self, arguments: Json) -> Json:
        """chat.postMessage"""
        channel = self._channel_to_write_in(arguments)
        check_message(arguments, MAX_TEXT)
        # A thread_ts without a message is accepted.
        post = self._post(channel.id, arguments)
        return {"channel": channel.id, "ts": post.message["ts"], "message": post.message}

    def post_ephemeral(self, arguments: Json) -> Json:
        """chat.postEphemeral; what it posts can't be updated or deleted by its ts."""
        user = _required(arguments, "user")
        channel = self._channel_to_write_in(arguments)
        if user not in channel.members:
            raise SlackError("user_not_in_channel")
        check_message(arguments, MAX_TEXT)
        return {"message_ts": self._post(channel.id, arguments, only_for=user).message["ts"]}

    def update(self, arguments: Json) -> Json:
        """chat.update: without `blocks` the old blocks stay, an empty list removes them."""
        post = self._own_post(arguments, "cant_update_message")
        check_message(arguments, MAX_UPDATE_TEXT)
        _rewrite(post.message, arguments)
        message = post.message
        return {"channel": post.channel, "ts": message["ts"], "text": message["text"], "message": message}

    def delete(self, arguments: Json) -> Json:
        """chat.delete"""
        post = self._own_post(arguments, "cant_delete_message")
        post.deleted = True
        return {"channel": post.channel, "ts": post.message["ts"]}

    def permalink(self, arguments: Json) -> Json:
        """chat.getPermalink"""
        channel = self.workspace.channel(_required(arguments, "channel"))
        ts = _required(arguments, "message_ts")
        post = self.workspace.find_post(ts, channel.id, ephemeral=False)
        if post is None:
            raise SlackError("message_not_found")
        link = f"https://{TEAM_DOMAIN}.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
        thread = post.message.get("thread_ts", ts)
        if thread != ts:
            link = f"{link}?thread_ts={thread}&cid={channel.id}"
        return {"channel": channel.id, "permalink": link}

    def add_reaction(self, arguments: Json) -> Json:
        """reactions.add; any name passes for an emoji."""
        channel = self.workspace.channel(_required(arguments, "channel"))
        ts, name = _required(arguments, "timestamp"), _required(arguments, "name")
        if self.workspace.find_post(ts, channel.id, ephemeral=False) is None:
            raise SlackError("message_not_found")
        if (channel.id, ts, name) in self.workspace.reactions:
            raise SlackError("already_reacted")
        self.workspace.reactions.add((channel.id, ts, name))
        return {}

    def respond(self, url: ResponseUrl, arguments: Json) -> None:
        """What a POST to a response_url does: a message to the user or the channel, or a change of the message."""
        workspace = self.workspace
        if time.monotonic() - url.issued > workspace.response_url_lifetime:
            raise SlackError("expired_url")
        if url.uses >= workspace.response_url_uses:
            raise SlackError("used_url")
        _check_json(arguments)
        source = workspace.find_post(url.message_ts) if url.message_ts else None
        if arguments.get("delete_original"):
            if source is not None:
                source.deleted = True
            url.uses += 1
            return
        check_message(arguments, MAX_TEXT, max_size=None)  # bolt-js issue 2867: no limit on the sum of all blocks here
        url.uses += 1
        if arguments.get("replace_original") and source is not None:
            _rewrite(source.message, {"blocks": [], **arguments})
        else:
            in_channel = arguments.get("response_type") == "in_channel"
            self._post(url.channel, arguments, only_for=None if in_channel else url.user)

    def _post(self, channel: str, arguments: Json, only_for: str | None = None) -> Post:
        blocks, thread = arguments.get("blocks"), arguments.get("thread_ts")
        return self.workspace.add_post(
            channel,
            BOT_USER,
            arguments.get("text") or "",
            only_for,
            blocks=with_ids(blocks) if blocks else None,
            attachments=arguments.get("attachments"),
            metadata=arguments.get("metadata"),
            thread_ts=str(thread) if thread else None,
        )

    def _channel_to_write_in(self, arguments: Json) -> Channel:
        channel = self.workspace.channel(_required(arguments, "channel"))
        if channel.archived:
            raise SlackError("is_archived")
        if BOT_USER not in channel.members:
            if channel.kind == "group":
                raise SlackError("channel_not_found")  # a private channel does not exist for who is not in it
            if "chat:write.public" not in self.scopes:
                raise SlackError("not_in_channel")
        return channel

    def _own_post(self, arguments: Json, not_mine: str) -> Post:
        channel = self.workspace.channel(_required(arguments, "channel"))
        post = self.workspace.find_post(_required(arguments, "ts"), channel.id, ephemeral=False)
        if post is None:
            raise SlackError("message_not_found")
        if post.message["user"] != BOT_USER:
            raise SlackError(not_mine)
        return post

    # Conversations

    def conversation(self, arguments: Json) -> Json:
        """conversations.info"""
        channel = self._channel_to_read(arguments, "read")
        answer: Json = {"id": channel.id, "created": 1700000000, "is_archived": channel.archived}
        answer["is_im"] = channel.kind == "im"
        if channel.kind == "im":
            return {"channel": {**answer, "user": next(user for user in channel.members if user != BOT_USER)}}
        answer.update(name=channel.name, is_channel=channel.kind == "channel", is_group=channel.kind == "group")
        return {"channel": {**answer, "is_private": channel.kind == "group", "is_member": BOT_USER in channel.members}}

    def replies(self, arguments: Json) -> Json:
        """conversations.replies, by pages of `limit`."""
        channel = self._channel_to_read(arguments, "history")
        if BOT_USER not in channel.members:
            raise SlackError("not_in_channel")
        messages = self.workspace.thread(channel.id, _required(arguments, "ts"))
        if not messages:
            raise SlackError("thread_not_found")
        start, limit = int(arguments.get("cursor") or 0), int(arguments.get("limit") or 1000)
        rest = start + limit < len(messages)
        answer: Json = {"messages": messages[start : start + limit], "has_more": rest}
        if rest:
            answer["response_metadata"] = {"next_cursor": str(start + limit)}
        return answer

    def history(self, arguments: Json) -> Json:
        """conversations.history, the newest first; metadata only if asked for. Replies in threads are not in it."""
        channel = self._channel_to_read(arguments, "history")
        if BOT_USER not in channel.members:
            raise SlackError("not_in_channel")
        oldest, limit = float(arguments.get("oldest") or 0), int(arguments.get("limit") or 100)
        messages = [
            m for m in self.workspace.messages(channel.id) if float(m["ts"]) > oldest and not m.get("thread_ts")
        ]
        if str(arguments.get("include_all_metadata")).lower() not in ("1", "true"):
            messages = [{key: value for key, value in m.items() if key != "metadata"} for m in messages]
        return {"messages": messages[::-1][:limit], "has_more": len(messages) > limit}

    def open_conversation(self, arguments: Json) -> Json:
        """conversations.open with one user; group messages are not faked."""
        user = _required(arguments, "users")
        if user not in self.workspace.users:
            raise SlackError("user_not_found")
        return {"no_op": True, "already_open": True, "channel": {"id": self.workspace.channel(user).id}}

    def _channel_to_read(self, arguments: Json, what: str) -> Channel:
        channel = self.workspace.channel(_required(arguments, "channel"))
        self._need_scope(f"{KIND_SCOPES[channel.kind]}:{what}")
        return channel

    # Views

    def open_view(self, arguments: Json) -> Json:
        """views.open. Not sure whether Slack looks at the view or at the trigger first."""
        view, trigger_id = _required(arguments, "view"), _required(arguments, "trigger_id")
        check_view(view, MODAL)
        self.workspace.use_trigger(trigger_id)
        return {"view": self._keep_view(view)}

    def update_view(self, arguments: Json) -> Json:
        """views.update, by view_id or external_id; a hash that is not the last one's is a conflict."""
        view = _required(arguments, "view")
        old = self._find_view(arguments)
        check_view(view, MODAL)
        if arguments.get("hash") not in (None, old["hash"]):
            raise SlackError("hash_conflict")
        return {"view": self._keep_view(view, old["id"])}

    def publish_view(self, arguments: Json) -> Json:
        """views.publish: the home tab of one user."""
        user, view = _required(arguments, "user_id"), _required(arguments, "view")
        check_view(view, HOME)
        if user not in self.workspace.users:
            raise SlackError("invalid_arguments", ["invalid `user_id`"])  # not sure of the words
        old = self.workspace.home_tabs.get(user)
        if arguments.get("hash") is not None and arguments["hash"] != (old or {}).get("hash"):
            raise SlackError("hash_conflict")
        self.workspace.home_tabs[user] = self._complete_view(view, old["id"] if old else None)
        return {"view": self.workspace.home_tabs[user]}

    def _find_view(self, arguments: Json) -> Json:
        view_id, external_id = arguments.get("view_id"), arguments.get("external_id")
        for view in self.workspace.views.values():
            if view["id"] == view_id or (external_id and view["external_id"] == external_id):
                return view
        raise SlackError("not_found")

    def _keep_view(self, view: Json, view_id: str | None = None) -> Json:
        complete = self._complete_view(view, view_id)
        self.workspace.views[complete["id"]] = complete
        return complete

    def _complete_view(self, view: Json, view_id: str | None) -> Json:
        """The view with everything that Slack adds to it."""
        view_id = view_id or f"V{self.workspace.count()}"
        defaults: Json = {"private_metadata": "", "callback_id": "", "external_id": "", "state": {"values": {}}}
        if view["type"] == MODAL:
            defaults.update(submit=None, close=None, clear_on_close=False, notify_on_close=False)
        owner = {"team_id": TEAM, "app_installed_team_id": TEAM, "app_id": APP, "bot_id": BOT}
        place = {"id": view_id, "root_view_id": view_id, "previous_view_id": None}
        changed = {"hash": f"{int(time.time())}.{uuid.uuid4().hex[:8]}", "blocks": with_ids(view["blocks"])}
        return {**defaults, **view, **owner, **place, **changed}


def _rewrite(message: Json, arguments: Json) -> None:
    """Changes a message as chat.update does."""
    for key in ("text", "attachments", "metadata"):
        if arguments.get(key) is not None:
            message[key] = arguments[key]
    if arguments.get("blocks") is not None:
        message["blocks"] = with_ids(arguments["blocks"])
    message["edited"] = {"user": BOT, "ts": f"{time.time():.6f}"}


def _required(arguments: Json, name: str) -> Any:
    value = arguments.get(name)
    if value in (None, ""):
        raise SlackError("invalid_arguments", [f"missing required field: {name}"])
    return value


def _check_json(arguments: Json) -> None:
    for name in JSON_ARGUMENTS:
        if isinstance(arguments.get(name), str):  # it could not be decoded
            errors = {"blocks": "invalid_blocks_format", "attachments": "invalid_attachments"}
            raise SlackError(errors.get(name, "invalid_arguments"))
