"""Slack's rules for the blocks and views that the advisor uses, from docs.slack.dev/reference/block-kit.

Other kinds of blocks and elements count as errors, so that one that the advisor starts to use gets its rules here.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from tests.slack.workspace import Json, SlackError

MAX_BLOCKS = {"message": 50, "modal": 100, "home": 100}
MAX_SIZE = 13_200
"""Characters of all blocks of a message. Not published: measured in bolt-js issues 2509 and 2867."""
MAX_VIEW_SIZE = 250 * 1024
ANY_TEXT = ("plain_text", "mrkdwn")

ELEMENTS = {
    "button": {"text", "value", "style"},
    "static_select": {"placeholder", "options"},
    "plain_text_input": {"initial_value", "max_length"},
    "checkboxes": {"options", "initial_options"},
}
VIEW = {"type", "blocks", "private_metadata", "callback_id"}
MODAL = VIEW | {"title", "submit", "close"}


def problems_in_blocks(blocks: Any, surface: str = "message", at: str = "/blocks") -> list[str]:
    """What Slack would object to in these blocks."""
    problems = list(_size(blocks, at, MAX_BLOCKS[surface]))
    for number, block in enumerate(blocks):
        here, kind = f"{at}/{number}", block.get("type")
        if kind not in BLOCKS or (kind == "input") > (surface == "modal"):
            problems.append(_problem(f"unsupported type: {kind}", f"{here}/type"))
            continue
        allowed, check = BLOCKS[kind]
        problems += _properties(block, {*allowed, "type", "block_id"}, here)
        problems += _length(block.get("block_id", "x"), f"{here}/block_id", 255)
        problems += check(block, here)
    return problems + list(_unique(blocks, "block_id", at))


def problems_in_view(view: Json, kind: str) -> list[str]:
    """What Slack would object to in this view, which a method wants to be a modal or a home tab."""
    if view.get("type") != kind:
        return [_problem(f"unsupported type: {view.get('type')}", "/view/type")]
    problems = list(_properties(view, MODAL if kind == "modal" else VIEW, "/view"))
    problems += _length(view.get("private_metadata", ""), "/view/private_metadata", 3000, least=0)
    for name in ("title", "submit", "close") if kind == "modal" else ():
        problems += _text(view.get(name), f"/view/{name}", 24)
    return problems + problems_in_blocks(view["blocks"], kind, "/view/blocks")


def check_message(arguments: Json, max_text: int = 40_000, max_size: int | None = MAX_SIZE) -> None:
    """Raises the error that a message with these arguments gets."""
    text, blocks = str(arguments.get("text") or ""), arguments.get("blocks") or []
    if not text.strip() and not blocks:
        raise SlackError("no_text")
    if len(text) > max_text:
        raise SlackError("msg_too_long")
    if problems := problems_in_blocks(blocks) if blocks else []:
        raise SlackError("invalid_blocks", problems)
    if max_size and len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) > max_size:
        raise SlackError("msg_blocks_too_long")


def check_view(view: Json, kind: str) -> None:
    """Raises the error that this view gets."""
    if problems := problems_in_view(view, kind):
        raise SlackError("invalid_arguments", problems)
    if len(json.dumps(view).encode()) > MAX_VIEW_SIZE:
        raise SlackError("view_too_large")


def with_ids(blocks: list[Json]) -> list[Json]:
    """A copy of the blocks in which each has a block_id, as Slack gives them."""
    return [{"block_id": uuid.uuid4().hex[:5], **block} for block in json.loads(json.dumps(blocks))]


def interactive_elements(block: Json) -> list[Json]:
    """The elements of a block that a user can press or fill in."""
    candidates = [*(block.get("elements") or []), block.get("element"), block.get("accessory")]
    return [element for element in candidates if element and element["type"] in ELEMENTS]


def _problem(message: str, at: str) -> str:
    return f"{message} [json-pointer:{at}]"


def _properties(owner: Json, allowed: set[str], at: str) -> Iterator[str]:
    for key in owner.keys() - allowed:
        yield _problem(f"invalid additional property: {key}", at)


def _length(value: Any, at: str, limit: int, least: int = 1) -> Iterator[str]:
    if not isinstance(value, str):
        yield _problem("must be a string", at)
    elif len(value) < least:
        yield _problem(f"must be more than {least - 1} characters", at)
    elif len(value) > limit:
        yield _problem(f"must be less than {limit + 1} characters", at)


def _size(items: Any, at: str, limit: int) -> Iterator[str]:
    if not items:
        yield _problem("no less than 1 items allowed", at)
    elif len(items) > limit:
        yield _problem(f"no more than {limit} items allowed", at)


def _unique(owners: list[Json], key: str, at: str) -> Iterator[str]:
    for value, times in Counter(owner[key] for owner in owners if key in owner).items():
        if times > 1:
            yield _problem(f"`{key}` already exists: {value}", at)


def _text(value: Any, at: str, limit: int, kinds: tuple[str, ...] = ("plain_text",)) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _problem("must be an object", at)
    elif value.get("type") not in kinds:
        yield _problem(f"must be a valid enum value: {' or '.join(kinds)}", f"{at}/type")
    else:
        yield from _properties(value, {"type", "text", "emoji" if value["type"] == "plain_text" else "verbatim"}, at)
        yield from _length(value.get("text"), f"{at}/text", limit)


def _element(element: Json, at: str, kinds: tuple[str, ...]) -> Iterator[str]:
    kind = element.get("type")
    if kind not in kinds:
        yield _problem(f"unsupported type: {kind}", f"{at}/type")
        return
    yield from _properties(element, ELEMENTS[kind] | {"type", "action_id"}, at)
    yield from _length(element.get("action_id", "x"), f"{at}/action_id", 255)
    if kind == "button":
        yield from _text(element.get("text"), f"{at}/text", 75)
        yield from _length(element.get("value", ""), f"{at}/value", 2000, least=0)
        if element.get("style") not in (None, "primary", "danger"):
            yield _problem("must be a valid enum value: primary or danger", f"{at}/style")
    if "placeholder" in element:
        yield from _text(element["placeholder"], f"{at}/placeholder", 150)
    if "options" in ELEMENTS[kind]:
        options = element.get("options") or []
        yield from _size(options, f"{at}/options", 10 if kind == "checkboxes" else 100)
        for number, option in enumerate(options):
            here = f"{at}/options/{number}"
            yield from _properties(option, {"text", "value"}, here)
            yield from _text(option.get("text"), f"{here}/text", 75)
            yield from _length(option.get("value"), f"{here}/value", 150)
        if any(option not in options for option in element.get("initial_options") or []):
            yield _problem("must be one of the options", f"{at}/initial_options")
        if element.get("initial_options") == []:
            yield _problem("no less than 1 items allowed", f"{at}/initial_options")


def _section(block: Json, at: str) -> Iterator[str]:
    if "text" not in block and not block.get("fields"):
        yield _problem("must define either `text` or `fields`", at)
    if "text" in block:
        yield from _text(block["text"], f"{at}/text", 3000, ANY_TEXT)
    if "fields" in block:
        yield from _size(block["fields"], f"{at}/fields", 10)
        for number, field in enumerate(block["fields"]):
            yield from _text(field, f"{at}/fields/{number}", 2000, ANY_TEXT)
    if "accessory" in block:
        yield from _element(block["accessory"], f"{at}/accessory", ("button", "static_select", "checkboxes"))


def _actions(block: Json, at: str) -> Iterator[str]:
    elements = block.get("elements") or []
    yield from _size(elements, f"{at}/elements", 25)
    for number, element in enumerate(elements):
        yield from _element(element, f"{at}/elements/{number}", ("button", "static_select"))
    yield from _unique(elements, "action_id", f"{at}/elements")


def _context(block: Json, at: str) -> Iterator[str]:
    elements = block.get("elements") or []
    yield from _size(elements, f"{at}/elements", 10)
    for number, element in enumerate(elements):
        yield from _text(element, f"{at}/elements/{number}", 3000, ANY_TEXT)


def _input(block: Json, at: str) -> Iterator[str]:
    yield from _text(block.get("label"), f"{at}/label", 2000)
    yield from _element(block.get("element") or {}, f"{at}/element", ("plain_text_input", "checkboxes"))


BLOCKS: dict[Any, tuple[set[str], Callable[[Json, str], Iterator[str]]]] = {
    "section": ({"text", "fields", "accessory"}, _section),
    "header": ({"text"}, lambda block, at: _text(block.get("text"), f"{at}/text", 150)),
    "divider": (set(), lambda block, at: iter(())),
    "actions": ({"elements"}, _actions),
    "context": ({"elements"}, _context),
    "input": ({"label", "element", "optional"}, _input),
}
"""Kinds of blocks: their properties and the check of their values."""
