"""Renders a hand-over for Slack: its post with the case and the buttons, and what is said in its thread.

What a visitor typed stands in plain text objects, in which no mention, link or markup has an effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    HeaderBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from bot.advice import handovers
from bot.advice.answer import FROM_TEAM, JOINED, LEFT, Answer
from bot.advice.situation import Situation
from bot.chat.slack.team_posts import local_time
from bot.observability.masking import mask
from bot.presentation.slack import MAX_FIELD, MAX_SECTION, SlackMessage, button, context, cut, escape, section
from bot.services import Services
from bot.storage.handovers import Handover
from bot.storage.messages import Message
from bot.storage.requests import StoredRequest

LAST_MESSAGES = 8
"""Messages of the conversation so far in the post."""
MAX_EARLIER = 400
"""Characters of each of those."""
MAX_BATCH = 8
"""Messages of the visitor in one post of the thread, so that it stays within the size of a message in Slack."""
MAX_ANSWER = 300
"""Characters of what the advisor answered."""


def is_relayed(message: Message) -> bool:
    """Whether the thread gets a message: all but what comes from it, and the notices about it."""
    return message.answer is None or message.answer.about not in (FROM_TEAM, JOINED, LEFT)


def render_post(
    handover: Handover,
    situation: Situation,
    messages: Sequence[Message],
    requests: Iterable[StoredRequest],
    services: Services,
) -> SlackMessage:
    """The post in the team's channel.

    Args:
        handover: Gives the state and the buttons.
        situation: Of the visitor, in the language of the team.
        messages: The conversation, of which the post keeps what it showed first: the thread has the rest.
        requests: Those made in it, which tell who it is.
        services: Give texts and settings.
    """

    def say(key: str, **values: object) -> str:
        return situation.knowledge.slack[key].localized(situation.language).format(**values)

    facts = {say(f"case_{name}"): value for name, value in handovers.known(situation)}
    who = dict.fromkeys(request.request.fields.get(n) for request in requests for n in ("name", "contact", "email"))
    if contacts := ", ".join(filter(None, who)):
        facts = {say("case_contact"): contacts, **facts}
    facts[say("request_language")] = say(f"language_{handover.language}")
    earlier = [m for m in messages if is_relayed(m) and m.position <= (handover.posted or m.position)]
    blocks: list[Block] = [
        HeaderBlock(text=PlainTextObject(text=say("handover_title"))),
        SectionBlock(fields=[_field(name, value, services) for name, value in facts.items()][:10]),
        context(f"*{escape(say('handover_said'))}*"),
        *_said(earlier[-LAST_MESSAGES:], services, MAX_EARLIER),
        section(_status(handover, services)),
    ]
    if buttons := _buttons(handover, services):
        blocks.append(ActionsBlock(elements=buttons))
    return SlackMessage(say("handover_title"), [block.to_dict() for block in blocks])


def render_messages(messages: Sequence[Message], services: Services) -> SlackMessage:
    """What was said since, for the thread."""
    blocks = _said(messages, services)
    first = next((m.text for m in messages if m.text), None)
    notification = escape(cut(_masked(first, services), MAX_ANSWER)) if first else _text("advisor", services)
    return SlackMessage(notification, [block.to_dict() for block in blocks])


def _said(messages: Iterable[Message], services: Services, length: int = MAX_SECTION) -> list[Block]:
    lines = []
    for message in messages:
        if message.answer is None:
            who, words = "visitor", cut(_masked(message.text or "", services), length)
        else:
            who, words = "advisor", _gist(message.answer)
        lines.append(f"{_text(who, services)}: {words}")
    return [SectionBlock(text=PlainTextObject(text=cut(line, MAX_SECTION), emoji=False)) for line in lines]


def _gist(answer: Answer) -> str:
    """The title of an answer and its first text, without markup."""
    first = next((part.text for part in answer.sections if part.text), "")
    return cut(" – ".join(filter(None, (answer.title, first.replace("**", "")))), MAX_ANSWER)


def _status(handover: Handover, services: Services) -> str:
    """Who has the conversation, or why nobody has."""
    at = handover.ended_at if handover.state == "ended" else handover.taken_at
    key = handover.reason or "given_back" if handover.state == "ended" else handover.state
    person = f"<@{handover.taken_by}>" if handover.taken_by else ""
    return _text(f"handover_{key}", services).format(person=person, moment=local_time(at, services))


def _buttons(handover: Handover, services: Services) -> list[ButtonElement]:
    value = str(handover.number)
    take = button(_text("handover_take", services), "take_handover", value, "primary")
    if handover.state == "waiting":
        return [take, button(_text("handover_later", services), "postpone_handover", value)]
    if handover.state == "late":
        return [take]
    if handover.state == "live":
        return [button(_text("handover_give_back", services), "give_back", value)]
    return []


def _field(name: str, value: str, services: Services) -> MarkdownTextObject:
    text = f"*{escape(name)}*\n{escape(_masked(value, services))}"
    return MarkdownTextObject(text=cut(text, MAX_FIELD), verbatim=True)


def _masked(text: str, services: Services) -> str:
    return mask(text) if services.settings.slack_mask else text


def _text(key: str, services: Services) -> str:
    return services.knowledge.slack[key].localized(services.settings.slack_language)
