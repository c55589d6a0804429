"""An answer as Slack's Block Kit: header, the journey in words, sections, buttons, and where it comes from.

The models of slack_sdk check what they build; what they let pass (length of a button's text, empty texts, too many
blocks) is kept right here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    Option,
    PlainTextObject,
    SectionBlock,
    StaticSelectElement,
)

from bot.advice.answer import Answer, QuickReply, Section, UserText
from bot.knowledge import PHASES, Knowledge, Language, PhaseId
from bot.observability.masking import mask
from bot.presentation import markdown

MAX_BLOCKS = 40
"""Blocks of one message; Slack allows 50."""
MAX_SECTION = 2900
"""Characters of a section's text; Slack allows 3,000."""
MAX_FIELD = 1900
"""Characters of a field of a section; Slack allows 2,000."""
MAX_MESSAGE = 9000
"""Characters of a message; Slack refuses long before the documented limits of 50 blocks of 3,000."""
MAX_BUTTONS = 5
"""More become a menu."""
MAX_BUTTON_TEXT = 75
MAX_HEADER = 150
MAX_FALLBACK = 300
"""Characters of the text that notifications show."""


@dataclass(frozen=True)
class SlackMessage:
    """Blocks, and the text that stands for them in notifications."""

    text: str
    blocks: list[dict[str, Any]]


def escape(text: str) -> str:
    """Text that Slack takes for no link, mention or command."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mrkdwn(text: str) -> str:
    """Markdown of the knowledge base as Slack writes it."""
    return re.sub(r"\*\*(.+?)\*\*", r"*\1*", escape(text))


def typed(text: UserText) -> str:
    """A visitor's words, harmless and on one line."""
    return escape(" ".join(text.text.split()))


def cut(text: str, length: int) -> str:
    """The text, shortened with an ellipsis if it is longer than `length`."""
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def button(title: str, action_id: str, value: str, style: str | None = None) -> ButtonElement:
    """A button whose text is never too long."""
    return ButtonElement(
        text=PlainTextObject(text=cut(title, MAX_BUTTON_TEXT)), action_id=action_id, value=value, style=style
    )


def section(text: str) -> SectionBlock:
    """A paragraph in Slack's own markup. Addresses and names in it become no links."""
    return SectionBlock(text=MarkdownTextObject(text=text, verbatim=True))


def context(text: str) -> ContextBlock:
    """A line in small print."""
    return ContextBlock(elements=[MarkdownTextObject(text=cut(text, MAX_SECTION), verbatim=True)])


def render(answer: Answer, knowledge: Knowledge, extra: Sequence[ButtonElement] = ()) -> list[SlackMessage]:
    """The answer as one message, or more if it is long; `extra` buttons stand below its own."""
    language = answer.language
    blocks: list[Block] = (
        [HeaderBlock(text=PlainTextObject(text=cut(answer.title, MAX_HEADER)))] if answer.title else []
    )
    if answer.journey is not None:
        blocks.append(section(_journey(answer.journey, knowledge, language)))
    for part in _sections(answer, knowledge.phrase("start_here", language)):
        blocks += [section(text) for text in _pieces(_text(part))]
    blocks += _small_print(answer, knowledge)
    blocks += _buttons(answer, knowledge, extra)
    return [SlackMessage(_fallback(answer), [block.to_dict() for block in message]) for message in _messages(blocks)]


def _sections(answer: Answer, begin: str) -> Iterable[Section]:
    """The answer's own sections; of the card the first page whole, and of the others what they come down to."""
    for part in answer.sections:
        if not (answer.card and part.in_card) and not part.quotes and not part.closing:
            yield part
    for number, tab in enumerate(answer.card):
        if number == 0:
            first, *rest = tab.sections
            yield Section(begin, first.text, first.items, first.ordered)
            yield from rest
        else:
            yield Section(tab.title, tab.sections[0].text)
    yield from (part for part in answer.sections if part.closing)


def _text(part: Section) -> str:
    lead = " ".join(bit for bit in (mrkdwn(part.text or ""), typed(part.value) if part.value else "") if bit)
    items = [*map(mrkdwn, part.items), *(f"*{escape(name)}*: {escape('; '.join(rest))}" for name, *rest in part.rows)]
    lines = [f"{n}. {item}" if part.ordered else f"• {item}" for n, item in enumerate(items, start=1)]
    return "\n".join(line for line in (f"*{escape(part.title)}*" if part.title else "", lead, *lines) if line)


def _journey(marked: tuple[PhaseId, ...], knowledge: Knowledge, language: Language) -> str:
    """The picture of the journey in words: the phases as a path, those that hurt marked, and their stages."""
    names = {phase: knowledge.phases[phase].name.localized(language) for phase in PHASES}
    path = "   →   ".join(f"*⬤ {name}*" if phase in marked else f"◯ {name}" for phase, name in names.items())
    reached = dict.fromkeys(stage for phase in marked for stage in knowledge.phases[phase].stages)
    if not reached:
        return path
    stages = ", ".join(knowledge.stages[stage].name.localized(language) for stage in reached)
    return f"{path}\n_{escape(knowledge.slack['in_the_journey'].localized(language).format(stages=stages))}_"


def _small_print(answer: Answer, knowledge: Knowledge) -> list[Block]:
    """Why we think so, and what it rests on."""
    lines = []
    quotes = [f"“{mask(typed(quote))}”" for part in answer.sections for quote in part.quotes]
    if quotes:
        lines.append(knowledge.slack["reason"].localized(answer.language).format(quotes=", ".join(quotes)))
    if answer.sources:
        lines.append(escape(answer.sources))
    return [context("\n".join(lines))] if lines else []


def _buttons(answer: Answer, knowledge: Knowledge, extra: Sequence[ButtonElement]) -> list[Block]:
    """The next questions as buttons; as a menu if there are more than fit. A form that asks can be opened whole."""
    own: list[ButtonElement] = []
    if answer.form:
        title = knowledge.slack["open_form"].localized(answer.language)
        own.append(button(title, "reply_form", f"/request_{answer.form}", "primary"))
    beside = [ActionsBlock(elements=list(extra))] if extra else []
    if len(own) + len(answer.replies) <= MAX_BUTTONS:
        elements = [*own, *(_reply(reply, number) for number, reply in enumerate(answer.replies))]
        return [*([ActionsBlock(elements=elements)] if elements else []), *beside]
    options = [
        Option(text=PlainTextObject(text=cut(reply.title, MAX_BUTTON_TEXT)), value=markdown.payload(reply)[:150])
        for reply in answer.replies
    ]
    placeholder = PlainTextObject(text=knowledge.slack["choose_next"].localized(answer.language))
    menu = StaticSelectElement(action_id="reply_menu", placeholder=placeholder, options=options)
    return [ActionsBlock(elements=[*own, menu]), *beside]


def _reply(reply: QuickReply, number: int) -> ButtonElement:
    return button(reply.title, f"reply_{number}", markdown.payload(reply))


def _fallback(answer: Answer) -> str:
    """What a notification shows: the title, or the first words."""
    first = next((_text(part) for part in answer.sections if part.text or part.items), "")
    return cut(escape(answer.title) if answer.title else first, MAX_FALLBACK) or "Klantkompas"


def _pieces(text: str) -> list[str]:
    """A text in pieces that fit a section, parted at line ends or else between words; nothing is left out."""
    pieces = []
    while len(text) > MAX_SECTION:
        at = max(text.rfind("\n", 0, MAX_SECTION), 0) or max(text.rfind(" ", 0, MAX_SECTION), 0) or MAX_SECTION
        pieces.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return [*pieces, text] if text else pieces


def _messages(blocks: list[Block]) -> list[list[Block]]:
    """Blocks parted over messages: none is cut in two."""
    messages: list[list[Block]] = [[]]
    length = 0
    for block in blocks:
        size = len(str(block.to_dict()))
        if messages[-1] and (len(messages[-1]) >= MAX_BLOCKS or length + size > MAX_MESSAGE):
            messages.append([])
            length = 0
        messages[-1].append(block)
        length += size
    return messages
