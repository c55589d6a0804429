"""Renders an answer as Slack's Block Kit: header, journey, sections, buttons, sources.

slack_sdk's models validate most limits; lengths of buttons, empty texts and numbers of blocks are limited here.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    CheckboxesElement,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    Option,
    PlainTextObject,
    SectionBlock,
    StaticSelectElement,
)

from bot.advice.answer import Answer, Bar, QuickReply, Section, UserText
from bot.advice.plan import Plan
from bot.forms.working_days import format_day
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
MAX_BUTTONS = 8
"""More quick replies become a menu."""
MAX_BUTTON_TEXT = 75
MAX_HEADER = 150
MAX_FALLBACK = 300
"""Characters of the text that notifications show."""


@dataclass(frozen=True)
class SlackMessage:
    """Blocks, and the fallback text that notifications show."""

    text: str
    blocks: list[dict[str, Any]]


def escape(text: str) -> str:
    """Text without effect as a link, mention or command."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mrkdwn(text: str) -> str:
    """Markdown of the knowledge base as Slack's mrkdwn.

    Example:
        >>> mrkdwn("**SEO** & [SEA](https://zaak.nl/sea)")
        '*SEO* &amp; <https://zaak.nl/sea|SEA>'
    """
    text = re.sub(r"\*\*(.+?)\*\*", r"*\1*", escape(text))
    return re.sub(r"\[([^\]]+)\]\((https?://[^)\s]+)\)", r"<\2|\1>", text)


def typed(text: UserText) -> str:
    """User text, escaped and on one line."""
    return escape(" ".join(text.text.split()))


def cut(text: str, length: int) -> str:
    """The text, truncated with an ellipsis to `length` characters."""
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def button(title: str, action_id: str, value: str, style: str | None = None) -> ButtonElement:
    """A button with a truncated title."""
    return ButtonElement(
        text=PlainTextObject(text=cut(title, MAX_BUTTON_TEXT)), action_id=action_id, value=value, style=style
    )


def section(text: str) -> SectionBlock:
    """A section of mrkdwn in which URLs and names are not turned into links."""
    return SectionBlock(text=MarkdownTextObject(text=text, verbatim=True))


def context(text: str) -> ContextBlock:
    """A context block: small grey text."""
    return ContextBlock(elements=[MarkdownTextObject(text=cut(text, MAX_SECTION), verbatim=True)])


def render(
    answer: Answer, knowledge: Knowledge, extra: Sequence[ButtonElement] = (), plan: Sequence[Block] = ()
) -> list[SlackMessage]:
    """The answer as one message, or several if it exceeds Slack's limits.

    Args:
        answer: The answer.
        knowledge: Gives the texts.
        extra: Buttons below its own.
        plan: The plan with check boxes, in place of the list of its steps.
    """
    language = answer.language
    blocks: list[Block] = (
        [HeaderBlock(text=PlainTextObject(text=cut(answer.title, MAX_HEADER)))] if answer.title else []
    )
    if answer.journey is not None:
        blocks.append(section(_journey(answer.journey, knowledge, language)))
    if answer.funnel:
        blocks.append(section(_funnel(answer.funnel)))
    for part in _sections(answer, knowledge.phrase("start_here", language)):
        blocks += plan if plan and part.in_plan else [section(text) for text in _pieces(_text(part))]
    blocks += _small_print(answer, knowledge)
    blocks += _buttons(answer, knowledge, extra)
    return [SlackMessage(_fallback(answer), [block.to_dict() for block in message]) for message in _messages(blocks)]


def plan_blocks(
    plan: Plan, token: str, done: Collection[str], knowledge: Knowledge, reminder: Block | None = None
) -> list[Block]:
    """The steps of a plan, each with a check box that is ticked if it is done, and the reminder below.

    The block_id of each block begins with the token, and that of a step goes on with the id of the step. Each step is a
    block of its own, so that an interaction names the one step that was ticked, whatever others ticked meanwhile. The
    block_ids end in something new each time: with the same one, Slack would keep showing what was ticked before.
    """
    shown = secrets.token_hex(4)
    ticked = Option(text=PlainTextObject(text=knowledge.slack["plan_done"].localized(plan.language)), value="done")
    blocks: list[Block] = []
    for number, step in enumerate(plan.steps, start=1):
        block = section(
            f"{number}. *{mrkdwn(step.name)}*\n{escape(f'{format_day(step.day, plan.language)}, {step.effort}')}"
        )
        initial = [ticked] if step.id in done else None
        block.accessory = CheckboxesElement(action_id="tick_step", options=[ticked], initial_options=initial)
        block.block_id = f"{token} {step.id} {shown}"
        blocks.append(block)
    if reminder is not None:
        reminder.block_id = f"{token} reminder {shown}"
        blocks.append(reminder)
    return blocks


def plan_reminder(reminder_at: datetime | None, language: Language, knowledge: Knowledge) -> Block:
    """When (local time) the team will be reminded of its plan, or the button for it."""
    if reminder_at is None:
        title = knowledge.slack["plan_remind"].localized(language)
        return ActionsBlock(elements=[button(title, "remind_plan", "remind")])
    text = knowledge.slack["plan_reminder_set"].localized(language)
    return context(escape(text.format(day=format_day(reminder_at.date(), language), time=f"{reminder_at:%H:%M}")))


def _sections(answer: Answer, begin: str) -> Iterable[Section]:
    """The sections of the answer, the first tab of the card in full, and a one-line summary of its other tabs."""
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
    """The journey as text: the phases as a path with the diagnosed ones marked, and their stages."""
    names = {phase: knowledge.phases[phase].name.localized(language) for phase in PHASES}
    path = "   →   ".join(f"*⬤ {name}*" if phase in marked else f"◯ {name}" for phase, name in names.items())
    reached = dict.fromkeys(stage for phase in marked for stage in knowledge.phases[phase].stages)
    if not reached:
        return path
    stages = ", ".join(knowledge.stages[stage].name.localized(language) for stage in reached)
    return f"{path}\n_{escape(knowledge.slack['in_the_journey'].localized(language).format(stages=stages))}_"


def _funnel(bars: Sequence[Bar]) -> str:
    """The funnel as bars of characters in a monospaced block, with the leak marked."""
    width = max(len(bar.name) for bar in bars)
    lines = []
    for bar in bars:
        drawn = "█" * max(1, round(bar.width * markdown.BAR_LENGTH))
        rate = f"  {bar.rate}" if bar.rate else ""
        usual = f" (~ {bar.usual_rate})" if bar.usual_rate else ""
        lines.append(f"{bar.name:<{width}} {drawn} {bar.value}{rate}{usual}{'  ◀' if bar.leaks else ''}")
    return "```" + escape("\n".join(lines)) + "```"


def _small_print(answer: Answer, knowledge: Knowledge) -> list[Block]:
    """The reason of a diagnosis, and the sources."""
    lines = []
    quotes = [f"“{mask(typed(quote))}”" for part in answer.sections for quote in part.quotes]
    if quotes:
        lines.append(knowledge.slack["reason"].localized(answer.language).format(quotes=", ".join(quotes)))
    if answer.sources:
        lines.append(escape(answer.sources))
    return [context("\n".join(lines))] if lines else []


def _buttons(answer: Answer, knowledge: Knowledge, extra: Sequence[ButtonElement]) -> list[Block]:
    """Quick replies as buttons, or as a menu if there are too many; and a button that opens the form as a modal."""
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
    """The text of a notification: the title, or the first section."""
    first = next((_text(part) for part in answer.sections if part.text or part.items), "")
    return cut(escape(answer.title) if answer.title else first, MAX_FALLBACK) or "Klantkompas"


def _pieces(text: str) -> list[str]:
    """Splits a text at line ends, or else between words, into pieces that fit a section."""
    pieces = []
    while len(text) > MAX_SECTION:
        at = max(text.rfind("\n", 0, MAX_SECTION), 0) or max(text.rfind(" ", 0, MAX_SECTION), 0) or MAX_SECTION
        pieces.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return [*pieces, text] if text else pieces


def _messages(blocks: list[Block]) -> list[list[Block]]:
    """Distributes blocks over as few messages as the limits allow."""
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
