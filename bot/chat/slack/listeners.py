"""Listeners for bolt: events, commands, shortcuts and buttons. Each acknowledges first and works in the background."""

from __future__ import annotations

import asyncio
import re

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.advice import smalltalk
from bot.chat.slack.conversations import SlackConversations
from bot.chat.slack.home import publish
from bot.chat.slack.modals import FORM_PAYLOADS, RequestForms
from bot.chat.slack.mrkdwn import to_plain_text
from bot.chat.slack.threads import Json, Recipient, SlackThread
from bot.observability.masking import mask
from bot.presentation import slack
from bot.presentation.slack import SlackMessage


class Listeners:
    """What members of the team do, and who handles it."""

    def __init__(self, conversations: SlackConversations, forms: RequestForms) -> None:
        """Takes what the listeners hand their work to."""
        self._conversations = conversations
        self._forms = forms

    def register(self, app: AsyncApp) -> None:
        """Adds the listeners to a bolt app."""
        app.event("message")(self.direct_message)
        app.event("app_mention")(self.mention)
        app.command("/advies")(self.command)
        app.shortcut("which_phase")(self.which_phase)
        app.action(re.compile(r"^reply_(\d+|menu|form)$"))(self.reply)
        app.action("share")(self.share)
        app.event("app_home_opened")(self.home_opened)
        app.view("request_form")(self._forms.submitted)

    async def direct_message(self, event: Json, body: Json) -> None:
        """A message in a direct message; not an edit, a join, or a message of a bot."""
        is_new = event.get("subtype") in (None, "file_share") and not event.get("bot_id")
        if event.get("channel_type") == "im" and is_new and event.get("text"):
            thread = SlackThread(body["team_id"], event["channel"], event.get("thread_ts"))
            self._ask(Recipient(thread, event["user"]), to_plain_text(event["text"]), body["event_id"])

    async def mention(self, event: Json, body: Json) -> None:
        """A mention in a channel; the answer goes into its thread."""
        if event.get("bot_id") or event.get("subtype") or event.get("channel_type") == "im" or not event.get("user"):
            return
        thread = SlackThread(body["team_id"], event["channel"], event.get("thread_ts") or event["ts"])
        recipient, question = Recipient(thread, event["user"]), to_plain_text(event.get("text") or "")
        if question:
            self._ask(recipient, question, body["event_id"])
        else:
            self._conversations.spawn(self._help(recipient, "mention_help"), recipient)

    async def command(self, ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        """/advies, whose answer only the user sees."""
        await ack()
        recipient, question = Recipient.of(body, respond), to_plain_text(body.get("text") or "")
        if question:
            self._ask(recipient, question, f"command {body['trigger_id']}")
        else:
            self._conversations.spawn(self._help(recipient, "command_help"), recipient)

    async def which_phase(self, ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        """The message shortcut "Welke fase is dit?"; the answer goes into the message's thread."""
        await ack()
        recipient = Recipient.of(body, respond)
        question = to_plain_text(body["message"].get("text") or "")
        if question:
            self._ask(recipient, question, f"shortcut {body['trigger_id']}")
        else:
            self._conversations.spawn(self._conversations.send_notice(recipient, "no_text"), recipient)

    async def reply(self, ack: AsyncAck, body: Json, action: Json, respond: AsyncRespond) -> None:
        """A quick reply; Slack's signature proves that its value is the one that we issued."""
        await ack()
        chosen, recipient = action.get("selected_option") or action, Recipient.of(body, respond)
        payload, title = chosen["value"], chosen["text"]["text"]
        if kind := FORM_PAYLOADS.get(payload):
            self._conversations.spawn(self._forms.open(kind, recipient, body["trigger_id"]), recipient)
        else:
            self._ask(recipient, title, f"action {body['trigger_id']}", payload)

    async def share(self, ack: AsyncAck, body: Json, action: Json, respond: AsyncRespond) -> None:
        """The button that shows an ephemeral answer to the channel."""
        await ack()
        recipient = Recipient.of(body, respond)
        self._conversations.spawn(self._share(recipient, int(action["value"]), respond), recipient)

    async def home_opened(self, event: Json) -> None:
        """The home tab, with this month's usage report."""
        if event.get("tab") == "home":
            self._conversations.spawn(publish(self._conversations, event["user"]))

    def _ask(self, recipient: Recipient, question: str, message_id: str, payload: str | None = None) -> None:
        work = self._conversations.handle_message(recipient, question, message_id, payload)
        self._conversations.spawn(work, recipient)

    async def _share(self, recipient: Recipient, position: int, respond: AsyncRespond) -> None:
        """Posts an ephemeral answer in the channel and deletes the user's own copy.

        The question may quote a customer, so e-mail addresses and phone numbers in it are masked.
        """
        conversations, services = self._conversations, self._conversations.services
        conversation = recipient.thread.conversation
        found = await asyncio.to_thread(services.messages.answer_and_question, conversation, position)
        if found is None:
            await conversations.send_notice(recipient, "share_gone")
            return
        answer, question = found
        shared_by = services.knowledge.slack["shared_by"].localized(answer.language)
        line = slack.context(shared_by.format(person=f"<@{recipient.user}>", question=slack.escape(mask(question))))
        for number, message in enumerate(await conversations.render(answer)):
            blocks = [line.to_dict(), *message.blocks] if number == 0 else message.blocks
            await respond(text=message.text, blocks=blocks, response_type="in_channel", replace_original=False)
        await respond(delete_original=True)

    async def _help(self, recipient: Recipient, key: str) -> None:
        """Examples of questions, with a line about the way in that was used."""
        conversations, services = self._conversations, self._conversations.services
        language = await conversations.language_of(recipient.user)
        first, *rest = await conversations.render(smalltalk.help_(services.situation(language)))
        line = slack.section(services.knowledge.slack[key].localized(language)).to_dict()
        await conversations.post(recipient, [SlackMessage(first.text, [line, *first.blocks]), *rest])


def register_fallback(app: AsyncApp) -> None:
    """Acknowledges all other events, last of all listeners; Slack would send them again otherwise."""

    @app.event(re.compile(r".*"))
    async def ignore() -> None:
        pass
