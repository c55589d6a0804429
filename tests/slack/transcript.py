"""What was posted in a fake Slack, as plain text for a human to read."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from tests.slack.workspace import BOT_USER, Json, Post, Workspace


def transcript(workspace: Workspace, channel: str | None = None) -> str:
    """All messages by channel, threads indented below their first message; without a channel also modals and home tabs.

    Each message is shown as it is now: after updates, and without what was deleted.
    """
    lines: list[str] = []
    for place_id in dict.fromkeys(post.channel for post in workspace.posts):
        place = workspace.channels[place_id]
        posts = [post for post in workspace.posts if post.channel == place.id and not post.deleted]
        if channel not in (None, place.id) or not posts:
            continue
        partner = next((user for user in place.members if user != BOT_USER), "")
        name = f"direct message with {_name(workspace, partner)}" if place.kind == "im" else f"#{place.name}"
        lines += [f"=== {name} ({place.id}) ===", ""]
        for post, depth in _by_thread(posts):
            lines += [_indent(line, depth) for line in _post(workspace, post)] + [""]
    if channel is None:
        for view in workspace.views.values():
            lines += ["=== modal ===", "", *_modal(workspace, view), ""]
        for user, view in workspace.home_tabs.items():
            lines += [f"=== home tab of {_name(workspace, user)} ===", ""]
            lines += [*blocks_as_text(view["blocks"], workspace), ""]
    return "\n".join(lines)


def blocks_as_text(blocks: list[Json], workspace: Workspace | None = None) -> list[str]:
    """Blocks as lines of text: `# header`, `[ button ]`, `[ menu v: one | two ]`, `( context )`, `label: ____`."""
    lines: list[str] = []
    for block in blocks:
        lines += _block(block, workspace or Workspace())
    return lines


def _by_thread(posts: list[Post]) -> Iterator[tuple[Post, int]]:
    """Each first message followed by its replies; a reply to what isn't there stands on its own."""
    first = {post.message["ts"] for post in posts if _parent(post) is None}
    for post in posts:
        if _parent(post) in first:
            continue
        yield post, 0
        for reply in posts:
            if _parent(reply) == post.message["ts"]:
                yield reply, 1


def _parent(post: Post) -> str | None:
    thread = post.message.get("thread_ts")
    return thread if thread != post.message["ts"] else None


def _post(workspace: Workspace, post: Post) -> list[str]:
    message = post.message
    notes = [f"only {_name(workspace, post.only_for)} sees this"] if post.only_for else []
    notes += ["edited"] if "edited" in message else []
    head = _name(workspace, message.get("user", message.get("bot_id", "")))
    lines = [f"{head} ({', '.join(notes)})" if notes else head]
    blocks = message.get("blocks") if message.get("user") == BOT_USER else None  # what a user typed is in the text
    body = blocks_as_text(blocks, workspace) if blocks else _mrkdwn(message["text"], workspace).splitlines()
    for attachment in message.get("attachments") or []:
        body += [f"| {line}" for line in blocks_as_text(attachment.get("blocks") or [], workspace)]
    return lines + [_indent(line, 1) for line in body]


def _modal(workspace: Workspace, view: Json) -> list[str]:
    buttons = [f"[ {view[key]['text']} ]" for key in ("close", "submit") if view.get(key)]
    return [f"# {view['title']['text']}", *blocks_as_text(view["blocks"], workspace), " ".join(buttons)]


def _block(block: Json, workspace: Workspace) -> list[str]:
    kind = block["type"]
    if kind == "header":
        return [f"# {block['text']['text']}"]
    if kind == "divider":
        return ["-" * 40]
    if kind == "section":
        lines = _text(block.get("text"), workspace).splitlines()
        lines += [f"- {_text(field, workspace)}" for field in block.get("fields") or []]
        return lines + ([_element(block["accessory"])] if "accessory" in block else [])
    if kind == "actions":
        return [" ".join(_element(element) for element in block["elements"])]
    if kind == "context":
        parts = [_element(part) if part["type"] == "image" else _text(part, workspace) for part in block["elements"]]
        return [f"( {' · '.join(parts)} )"]
    if kind == "input":
        optional = " (optional)" if block.get("optional") else ""
        hint = f"  ({block['hint']['text']})" if "hint" in block else ""
        return [f"{block['label']['text']}{optional}: {_element(block['element'])}{hint}"]
    if kind == "image":
        return [f"[image: {block['alt_text']}]"]
    if kind == "markdown":
        return list(block["text"].splitlines())
    if kind == "rich_text":
        return _rich_text(block).splitlines()
    return [f"[{kind}]"]


def _element(element: Json) -> str:
    kind = element["type"]
    if kind == "button":
        link = f" -> {element['url']}" if "url" in element else ""
        return f"[ {element['text']['text']}{link} ]"
    if kind == "image":
        return f"[image: {element['alt_text']}]"
    options = list(element.get("options") or [])
    for group in element.get("option_groups") or []:
        options += group["options"]
    if options:
        label = element.get("placeholder", {}).get("text", kind)
        return f"[ {label} v: {' | '.join(option['text']['text'] for option in options)} ]"
    hint = element.get("initial_value") or element.get("placeholder", {}).get("text") or ""
    return f"____{hint}____"


def _text(value: Json | None, workspace: Workspace) -> str:
    if value is None:
        return ""
    # Plain text is shown raw: an `&amp;` here was escaped where it need not be.
    text: str = value["text"]
    return text if value["type"] == "plain_text" else _mrkdwn(text, workspace)


def _mrkdwn(text: str, workspace: Workspace) -> str:
    """Text as a reader sees it, with its asterisks: links and mentions resolved, entities unescaped."""
    text = re.sub(r"<@(\w+)(\|[^>]*)?>", lambda match: f"@{_name(workspace, match[1])}", text)
    text = re.sub(r"<#\w+\|([^>]*)>", r"#\1", text)
    text = re.sub(r"<((?:https?|mailto|tel)[^|>]*)\|([^>]*)>", r"\2 <\1>", text)
    return html.unescape(text)


def _rich_text(value: Any) -> str:
    if isinstance(value, list):
        return "".join(_rich_text(item) for item in value)
    return str(value.get("text", "")) + _rich_text(value.get("elements") or [])


def _name(workspace: Workspace, user: str) -> str:
    return workspace.users[user].name if user in workspace.users else user


def _indent(line: str, depth: int) -> str:
    return "    " * depth + line if line else line
