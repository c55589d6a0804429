"""Slack's rules for blocks and views, as published on docs.slack.dev/reference/block-kit; messages in Slack's words.

Where the documentation says nothing, a comment says "not sure" and this is the stricter reading.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from tests.slack.workspace import Json, SlackError

MESSAGE, MODAL, HOME = "message", "modal", "home"

MAX_BLOCKS = {MESSAGE: 50, MODAL: 100, HOME: 100}
MAX_VIEW_BYTES = 250 * 1024
# Not published: bolt-js issues 2509 and 2867 measured about 13,200 characters for all blocks of chat.postMessage.
MAX_BLOCKS_SIZE = 13_200

BLOCKS = {
    "section": {"text", "fields", "accessory", "expand"},
    "header": {"text"},
    "divider": set(),
    "image": {"image_url", "slack_file", "alt_text", "title"},
    "actions": {"elements"},
    "context": {"elements"},
    "input": {"label", "element", "hint", "optional", "dispatch_action"},
    "rich_text": {"elements"},
    "markdown": {"text"},
}
# Blocks that Slack knows and this file does not look into.
UNCHECKED_BLOCKS = {"file", "video", "call", "table", "context_actions"}

MENU = {"placeholder", "confirm", "focus_on_load"}
OPTIONS = {"options", "option_groups"}
TYPED = {"placeholder", "initial_value", "dispatch_action_config", "focus_on_load"}
ELEMENTS: dict[str, set[str]] = {
    "button": {"text", "url", "value", "style", "confirm", "accessibility_label"},
    "static_select": MENU | OPTIONS | {"initial_option"},
    "multi_static_select": MENU | OPTIONS | {"initial_options", "max_selected_items"},
    "external_select": MENU | {"initial_option", "min_query_length"},
    "users_select": MENU | {"initial_user"},
    "conversations_select": MENU
    | {"initial_conversation", "default_to_current_conversation", "response_url_enabled", "filter"},
    "channels_select": MENU | {"initial_channel", "response_url_enabled"},
    "overflow": {"options", "confirm"},
    "checkboxes": {"options", "initial_options", "confirm", "focus_on_load"},
    "radio_buttons": {"options", "initial_option", "confirm", "focus_on_load"},
    "datepicker": MENU | {"initial_date"},
    "timepicker": MENU | {"initial_time", "timezone"},
    "datetimepicker": {"initial_date_time", "confirm", "focus_on_load"},
    "plain_text_input": TYPED | {"multiline", "min_length", "max_length"},
    "email_text_input": TYPED,
    "url_text_input": TYPED,
    "number_input": TYPED | {"is_decimal_allowed", "min_value", "max_value"},
}
TYPED_INPUTS = {"plain_text_input", "email_text_input", "url_text_input", "number_input"}
IN_ACTIONS = set(ELEMENTS) - TYPED_INPUTS
IN_SECTION = IN_ACTIONS
IN_INPUT = set(ELEMENTS) - {"button", "overflow"}

VIEW = {"type", "blocks", "private_metadata", "callback_id", "external_id"}
MODAL_VIEW = VIEW | {"title", "submit", "close", "clear_on_close", "notify_on_close", "submit_disabled"}


def problems_in_blocks(blocks: Any, surface: str = MESSAGE, at: str = "/blocks") -> list[str]:
    """What Slack would say of these blocks; empty if they are right."""
    checker = _Checker(surface)
    checker.blocks(blocks, at)
    return checker.problems


def problems_in_view(view: Any, kind: str | None = None) -> list[str]:
    """What Slack would say of this view; `kind` is the type that the method asks for."""
    checker = _Checker(MODAL)
    checker.view(view, kind)
    return checker.problems


def check_message(arguments: Json, max_text: int, max_size: int | None = MAX_BLOCKS_SIZE) -> None:
    """Raises the error that a message with these arguments gets from chat.postMessage and its kin."""
    text, blocks, attachments = (arguments.get(name) for name in ("text", "blocks", "attachments"))
    if not any((str(text or "").strip(), blocks, attachments)):  # not sure that spaces alone are no text
        raise SlackError("no_text")
    # chat.postMessage really cuts a text off at 40,000 characters; an error shows a test what would be lost.
    # chat.update is documented to refuse more than 4,000.
    if len(str(text or "")) > max_text:
        raise SlackError("msg_too_long")
    if attachments is not None and not isinstance(attachments, list):
        raise SlackError("invalid_attachments")
    if blocks in (None, []):  # an empty list is allowed: chat.update removes blocks with it
        return
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    problems = problems_in_blocks(blocks)
    if problems:
        raise SlackError("invalid_blocks", problems)
    if max_size is not None and len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) > max_size:
        raise SlackError("msg_blocks_too_long")


def check_view(view: Any, kind: str) -> None:
    """Raises the error that this view gets from views.open, views.update or views.publish."""
    problems = problems_in_view(view, kind)
    if problems:  # views answer invalid_arguments where messages answer invalid_blocks
        raise SlackError("invalid_arguments", problems)
    if len(json.dumps(view).encode()) > MAX_VIEW_BYTES:
        raise SlackError("view_too_large")


def problems_in_submission_answer(view: Json, answer: Json | None) -> list[str]:
    """Why Slack would show "We had some trouble connecting" for this answer to a view_submission."""
    action = (answer or {}).get("response_action")
    if not answer or action == "clear":
        return []
    if action == "errors":
        inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
        errors = answer.get("errors")
        if not isinstance(errors, dict) or not errors:
            return ["missing required field: errors"]
        unknown = [f"no input block has this block_id: {key}" for key in errors if key not in inputs]
        return unknown + [f"not a text: {key}" for key, text in errors.items() if not (text and isinstance(text, str))]
    if action in ("update", "push"):
        return problems_in_view(answer.get("view"), MODAL)
    return [f"unknown response_action: {action}"]


def with_ids(blocks: list[Json]) -> list[Json]:
    """A copy of the blocks in which each has a block_id and each element an action_id, as Slack gives them."""
    copy: list[Json] = json.loads(json.dumps(blocks))
    for block in copy:
        if not block.get("block_id"):
            block["block_id"] = uuid.uuid4().hex[:5]
        for element in interactive_elements(block):
            element.setdefault("action_id", uuid.uuid4().hex[:5])
    return copy


def interactive_elements(block: Json) -> list[Json]:
    """The elements of a block that a user can press or fill in."""
    candidates = [*(block.get("elements") or []), block.get("accessory"), block.get("element")]
    return [element for element in candidates if isinstance(element, dict) and element.get("type") in ELEMENTS]


class _Checker:
    """Walks through blocks and collects what is wrong, each with a JSON pointer to its place."""

    def __init__(self, surface: str) -> None:
        self.surface = surface
        self.problems: list[str] = []
        self._markdown = 0

    def add(self, message: str, at: str) -> None:
        self.problems.append(f"{message} [json-pointer:{at}]")

    # Values

    def string(self, value: Any, at: str, limit: int, least: int = 1) -> bool:
        """A string of `least` to `limit` characters. Not sure whether Slack counts as Python does beyond U+FFFF."""
        if not isinstance(value, str):
            self.add("must be a string", at)
        elif len(value) < least:
            self.add(f"must be more than {least - 1} characters", at)
        elif len(value) > limit:
            self.add(f"must be less than {limit + 1} characters", at)
        else:
            return True
        return False

    def optional_string(self, owner: Json, key: str, at: str, limit: int, least: int = 1) -> None:
        if key in owner:
            self.string(owner[key], f"{at}/{key}", limit, least)

    def items(self, value: Any, at: str, limit: int) -> list[Any]:
        """A list of one to `limit` items."""
        if not isinstance(value, list):
            self.add("must be an array", at)
            return []
        if not value:
            self.add("no less than 1 items allowed", at)
        if len(value) > limit:
            self.add(f"no more than {limit} items allowed", at)
        return value

    def properties(self, owner: Json, allowed: Iterable[str], at: str) -> None:
        for key in owner.keys() - set(allowed):
            self.add(f"invalid additional property: {key}", at)

    def unique(self, keys: list[Any], name: str, at: str) -> None:
        """Not sure of Slack's words here."""
        for key in {key for key in keys if keys.count(key) > 1}:
            self.add(f"`{name}` already exists: {key}", at)

    def required(self, owner: Json, key: str, at: str) -> bool:
        if owner.get(key) is not None:
            return True
        self.add(f"missing required field: {key}", at)
        return False

    # Composition objects

    def text(self, owner: Json, key: str, at: str, limit: int, plain: bool = True) -> None:
        """A required text object, plain_text unless `plain` is off."""
        if self.required(owner, key, at):
            self.text_object(owner[key], f"{at}/{key}", limit, plain)

    def optional_text(self, owner: Json, key: str, at: str, limit: int, plain: bool = True) -> None:
        if key in owner:
            self.text_object(owner[key], f"{at}/{key}", limit, plain)

    def text_object(self, value: Any, at: str, limit: int, plain: bool) -> None:
        allowed = ("plain_text",) if plain else ("plain_text", "mrkdwn")
        before = len(self.problems)
        if not isinstance(value, dict):
            self.add("must be an object", at)
        elif value.get("type") not in allowed:
            self.add(f"must be a valid enum value: {' or '.join(allowed)}", f"{at}/type")  # not sure of the words
        else:
            # Documented: `emoji` for plain_text only, `verbatim` for mrkdwn only. Not sure that Slack refuses.
            self.properties(value, ("type", "text", "emoji" if value["type"] == "plain_text" else "verbatim"), at)
            self.string(value.get("text"), f"{at}/text", limit)
        if len(self.problems) > before:
            self.problems.insert(before, f"failed to match all allowed schemas [json-pointer:{at}]")

    def options(self, value: Any, at: str, limit: int, plain: bool, url: bool = False) -> None:
        for number, option in enumerate(self.items(value, at, limit)):
            here = f"{at}/{number}"
            if not isinstance(option, dict):
                self.add("must be an object", here)
                continue
            self.properties(option, {"text", "value", "description"} | ({"url"} if url else set()), here)
            self.text(option, "text", here, 75, plain)
            if self.required(option, "value", here):
                self.string(option["value"], f"{here}/value", 150)
            self.optional_text(option, "description", here, 75, plain)
            self.optional_string(option, "url", here, 3000)

    def confirm(self, owner: Json, at: str) -> None:
        if "confirm" not in owner:
            return
        confirm, here = owner["confirm"], f"{at}/confirm"
        if not isinstance(confirm, dict):
            self.add("must be an object", here)
            return
        self.properties(confirm, ("title", "text", "confirm", "deny", "style"), here)
        for key, limit in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
            self.text(confirm, key, here, limit, plain=key != "text")
        self.style(confirm, here)

    def style(self, owner: Json, at: str) -> None:
        if "style" in owner and owner["style"] not in ("primary", "danger"):
            self.add("must be a valid enum value: primary or danger", f"{at}/style")

    def picture(self, owner: Json, at: str) -> None:
        """What an image block and an image element share. Slack fetches the picture when the message is posted."""
        if self.required(owner, "alt_text", at):
            self.string(owner["alt_text"], f"{at}/alt_text", 2000)
        if "slack_file" in owner or not self.required(owner, "image_url", at):
            return
        if self.string(owner["image_url"], f"{at}/image_url", 3000):
            address = urlsplit(owner["image_url"])
            if address.scheme not in ("http", "https") or address.hostname in (None, "localhost", "127.0.0.1", "::1"):
                self.add("downloading image failed", f"{at}/image_url")

    # Elements

    def element(self, element: Any, at: str, allowed: set[str]) -> None:
        """One interactive element."""
        if not isinstance(element, dict):
            self.add("must be an object", at)
            return
        kind = element.get("type")
        if kind not in allowed:
            self.add(f"unsupported type: {kind}", f"{at}/type")
            return
        self.properties(element, ELEMENTS[kind] | {"type", "action_id"}, at)
        self.optional_string(element, "action_id", at, 255)
        self.optional_text(element, "placeholder", at, 150)
        self.confirm(element, at)
        if kind == "button":
            self.text(element, "text", at, 75)
            self.optional_string(element, "value", at, 2000, least=0)  # not sure that an empty value is allowed
            self.optional_string(element, "url", at, 3000)
            self.optional_string(element, "accessibility_label", at, 75)
            self.style(element, at)
        elif kind in ("static_select", "multi_static_select"):
            self.menu(element, at)
        elif kind == "overflow":
            self.options(element.get("options"), f"{at}/options", 5, plain=True, url=True)
        elif kind in ("checkboxes", "radio_buttons"):
            self.options(element.get("options"), f"{at}/options", 10, plain=False)
        elif kind == "plain_text_input":
            for key in ("min_length", "max_length"):
                if key in element and not (isinstance(element[key], int) and 0 <= element[key] <= 3000):
                    self.add("must be between 0 and 3000", f"{at}/{key}")  # not sure of the words
        elif kind == "number_input":
            self.required(element, "is_decimal_allowed", at)

    def menu(self, element: Json, at: str) -> None:
        if ("options" in element) == ("option_groups" in element):
            self.add("must define either `options` or `option_groups`", at)  # not sure of the words
            return
        options = element.get("options", [])
        if "options" in element:
            self.options(options, f"{at}/options", 100, plain=True)
        else:
            options = []
            for number, group in enumerate(self.items(element["option_groups"], f"{at}/option_groups", 100)):
                here = f"{at}/option_groups/{number}"
                self.text(group, "label", here, 75)
                self.options(group.get("options"), f"{here}/options", 100, plain=True)
                options = [*options, *(group.get("options") or [])]
        chosen = element.get("initial_options", [element["initial_option"]] if "initial_option" in element else [])
        if any(option not in options for option in chosen):
            self.add("initial option is not among the options", at)  # not sure of the words

    # Blocks

    def blocks(self, blocks: Any, at: str) -> None:
        """All blocks of a message or view."""
        for number, block in enumerate(self.items(blocks, at, MAX_BLOCKS[self.surface])):
            self.block(block, f"{at}/{number}")
        if isinstance(blocks, list):
            named = [block["block_id"] for block in blocks if isinstance(block, dict) and "block_id" in block]
            self.unique(named, "block_id", at)

    def block(self, block: Any, at: str) -> None:
        """One block."""
        if not isinstance(block, dict):
            self.add("must be an object", at)
            return
        kind = block.get("type")
        self.optional_string(block, "block_id", at, 255, least=0)
        if kind in UNCHECKED_BLOCKS and self.surface == MESSAGE:
            return
        # The documentation of today lists messages among the surfaces of input blocks as well; not sure since when
        # and how. This bot asks for input in modals only.
        only_elsewhere = {"input"} if self.surface == MESSAGE else {"markdown"}
        if kind not in BLOCKS or kind in only_elsewhere:
            self.add(f"unsupported type: {kind}", f"{at}/type")
            return
        self.properties(block, BLOCKS[kind] | {"type", "block_id"}, at)
        getattr(self, f"{kind}_block")(block, at)

    def section_block(self, block: Json, at: str) -> None:
        if block.get("text") is None and not block.get("fields"):
            self.add("must define either `text` or `fields`", at)
        self.optional_text(block, "text", at, 3000, plain=False)
        if "fields" in block:
            for number, field in enumerate(self.items(block["fields"], f"{at}/fields", 10)):
                self.text_object(field, f"{at}/fields/{number}", 2000, plain=False)
        accessory = block.get("accessory")
        if isinstance(accessory, dict) and accessory.get("type") == "image":
            self.picture(accessory, f"{at}/accessory")
        elif "accessory" in block:
            self.element(accessory, f"{at}/accessory", IN_SECTION)

    def header_block(self, block: Json, at: str) -> None:
        self.text(block, "text", at, 150)

    def divider_block(self, block: Json, at: str) -> None:
        """Nothing to check."""

    def image_block(self, block: Json, at: str) -> None:
        self.picture(block, at)
        self.optional_text(block, "title", at, 2000)

    def actions_block(self, block: Json, at: str) -> None:
        elements = self.items(block.get("elements"), f"{at}/elements", 25)
        for number, element in enumerate(elements):
            self.element(element, f"{at}/elements/{number}", IN_ACTIONS)
        # Documented: unique "among all other action_ids in the containing block"; other blocks may repeat them.
        named = [element["action_id"] for element in elements if isinstance(element, dict) and "action_id" in element]
        self.unique(named, "action_id", f"{at}/elements")

    def context_block(self, block: Json, at: str) -> None:
        for number, element in enumerate(self.items(block.get("elements"), f"{at}/elements", 10)):
            here = f"{at}/elements/{number}"
            if isinstance(element, dict) and element.get("type") == "image":
                self.picture(element, here)
            else:
                self.text_object(element, here, 3000, plain=False)

    def input_block(self, block: Json, at: str) -> None:
        self.text(block, "label", at, 2000)
        self.optional_text(block, "hint", at, 2000)
        if self.required(block, "element", at):
            self.element(block["element"], f"{at}/element", IN_INPUT)

    def rich_text_block(self, block: Json, at: str) -> None:
        self.items(block.get("elements"), f"{at}/elements", 1000)  # what is inside is not checked

    def markdown_block(self, block: Json, at: str) -> None:
        if self.string(block.get("text"), f"{at}/text", 12_000):
            self._markdown += len(block["text"])
            if self._markdown > 12_000:  # documented: for all markdown blocks of a message together
                self.add("must be less than 12001 characters", f"{at}/text")

    # Views

    def view(self, view: Any, kind: str | None) -> None:
        """A modal or a home tab."""
        if not isinstance(view, dict):
            self.add("must be an object", "/view")
            return
        self.surface = view.get("type", "")
        if self.surface not in (MODAL, HOME) or kind not in (None, self.surface):
            self.add(f"unsupported type: {self.surface}", "/view/type")  # not sure of the words
            return
        self.properties(view, MODAL_VIEW if self.surface == MODAL else VIEW, "/view")
        self.optional_string(view, "private_metadata", "/view", 3000, least=0)
        self.optional_string(view, "callback_id", "/view", 255, least=0)
        self.optional_string(view, "external_id", "/view", 255, least=0)
        self.blocks(view.get("blocks"), "/view/blocks")
        if self.surface == MODAL:
            self.text(view, "title", "/view", 24)
            self.optional_text(view, "submit", "/view", 24)
            self.optional_text(view, "close", "/view", 24)
            blocks = view["blocks"] if isinstance(view.get("blocks"), list) else []
            if "submit" not in view and any(isinstance(b, dict) and b.get("type") == "input" for b in blocks):
                self.add("missing required field: submit", "/view")
        if self.problems:
            self.problems.insert(0, "failed to match all allowed schemas [json-pointer:/view]")
