"""What happens in Slack, and what we do: acknowledge first, work after."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.advice import smalltalk
from bot.advice.situation import Situation
from bot.chat.slack import home, modals, team_posts
from bot.chat.slack.conversations import Desk
from bot.chat.slack.mrkdwn import plain
from bot.chat.slack.threads import Place
from bot.knowledge import load_knowledge
from bot.observability.masking import mask
from bot.presentation import slack
from bot.presentation.slack import SlackMessage
from bot.settings import settings

Json = dict[str, Any]


def register(app: AsyncApp, desk: Desk) -> None:
    """Tells bolt which listener hears what. What takes longer than a glance is handed to `desk.soon`."""

    @app.event("message")
    async def direct_message(event: Json, body: Json) -> None:
        """Somebody wrote to us. Edits, joins and other bots are no questions."""
        written = event.get("subtype") in (None, "file_share") and not event.get("bot_id")
        if event.get("channel_type") == "im" and written and event.get("text"):
            place, user = Place(body["team_id"], event["channel"], event.get("thread_ts")), event["user"]
            desk.soon(desk.hear(place, plain(event["text"]), message_id=body["event_id"], user=user), place, user)

    @app.event("app_mention")
    async def mention(event: Json, body: Json) -> None:
        """We were mentioned: the answer goes into the thread."""
        if event.get("bot_id") or event.get("subtype") or event.get("channel_type") == "im" or not event.get("user"):
            return
        place, user = Place(body["team_id"], event["channel"], event.get("thread_ts") or event["ts"]), event["user"]
        question = plain(event.get("text") or "")
        if question:
            desk.soon(desk.hear(place, question, message_id=body["event_id"], user=user), place, user)
        else:
            desk.soon(_help(desk, place, user, "mention_help"), place, user)

    @app.command("/advies")
    async def command(ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        """A question whose answer only the asker sees."""
        await ack()
        user = body["user_id"]
        place, question = Place(body["team_id"], body["channel_id"], only_for=user), plain(body.get("text") or "")
        if question:
            message_id = f"command {body['trigger_id']}"
            heard = desk.hear(place, question, message_id=message_id, user=user, respond=respond)
            desk.soon(heard, place, user, respond)
        else:
            desk.soon(_help(desk, place, user, "command_help", respond), place, user, respond)

    @app.shortcut("which_phase")
    async def which_phase(ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        """Somebody wants to know which phase a message is about: the answer goes into that message's thread."""
        await ack()
        desk.soon(_which_phase(desk, body, respond), _place_of(body), body["user"]["id"], respond)

    @app.action(re.compile(r"^reply_(\d+|menu|form)$"))
    async def reply(ack: AsyncAck, body: Json, action: Json, respond: AsyncRespond) -> None:
        """A button or menu of ours: Slack's signature vouches that its value is the one that we gave it."""
        await ack()
        chosen, place, user = action.get("selected_option") or action, _place_of(body), body["user"]["id"]
        payload, title = chosen["value"], chosen["text"]["text"]
        kind = modals.FORMS.get(payload)
        message_id = f"action {body['trigger_id']}"
        desk.soon(
            modals.show(desk, kind, body, place, respond)
            if kind
            else desk.hear(place, title, message_id=message_id, user=user, payload=payload, respond=respond),
            place,
            user,
            respond,
        )

    @app.action("share")
    async def share(ack: AsyncAck, body: Json, action: Json, respond: AsyncRespond) -> None:
        """The asker of /advies shows the answer to the channel."""
        await ack()
        desk.soon(_share(desk, body, int(action["value"]), respond), _place_of(body), body["user"]["id"], respond)

    @app.event("app_home_opened")
    async def home_opened(event: Json) -> None:
        """The home tab, with this month's figures."""
        if event.get("tab") == "home":
            desk.soon(home.publish(desk, event["user"]))

    modals.register(app, desk)
    team_posts.register(app, desk)

    @app.event(re.compile(r".*"))
    async def anything_else() -> None:
        """Heard, and none of our business; without this, Slack would send it again."""


async def _which_phase(desk: Desk, body: Json, respond: AsyncRespond) -> None:
    message, user = body["message"], body["user"]["id"]
    text = plain(message.get("text") or "")
    if not text:
        await desk.tell(user, "no_text", respond)
        return
    await desk.hear(_place_of(body), text, message_id=f"shortcut {body['trigger_id']}", user=user)


async def _share(desk: Desk, body: Json, position: int, respond: AsyncRespond) -> None:
    """Posts an answer that only its asker saw for all, and takes the asker's own copy away.

    The question may quote a customer: addresses and numbers in it are masked, since nobody needs them there.
    """
    place, user = _place_of(body), body["user"]["id"]
    told = await asyncio.to_thread(desk.store.answer_at, place.conversation, position)
    if told is None:
        await desk.tell(user, "share_gone", respond)
        return
    answer, question = told
    by = load_knowledge(settings().knowledge).slack["shared_by"].in_(answer.language)
    line = slack.context(by.format(person=f"<@{user}>", question=slack.escape(mask(question))))
    for number, message in enumerate(desk.messages(answer)):
        blocks = [line.to_dict(), *message.blocks] if number == 0 else message.blocks
        await respond(text=message.text, blocks=blocks, response_type="in_channel", replace_original=False)
    await respond(delete_original=True)


async def _help(desk: Desk, place: Place, user: str, key: str, respond: AsyncRespond | None = None) -> None:
    """What one can ask, with a line about this way in."""
    language, knowledge = await desk.language_of(user), load_knowledge(settings().knowledge)
    first, *rest = desk.messages(smalltalk.help_(Situation(knowledge, language)))
    line = slack.section(knowledge.slack[key].in_(language)).to_dict()
    await desk.post(place, [SlackMessage(first.text, [line, *first.blocks]), *rest], respond)


def _place_of(body: Json) -> Place:
    """Where something happened: a thread, a direct message, or an answer that one user alone sees."""
    team = body.get("team_id") or (body.get("team") or {}).get("id") or ""
    event = body.get("event") or {}
    channel = (body.get("channel") or {}).get("id") or body.get("channel_id") or event.get("channel") or ""
    user = (body.get("user") or {}).get("id") or body.get("user_id") or event.get("user")
    if (body.get("container") or {}).get("is_ephemeral") or "command" in body:
        return Place(team, channel, only_for=user)
    message = body.get("message") or event
    direct = channel.startswith("D")
    thread = message.get("thread_ts") or (None if direct else message.get("ts"))
    return Place(team, channel, thread)
