"""Hears what is asked in Slack, lets the advisor answer, and posts the answer: kept, in order, and once.

What was asked is on disk before the advisor thinks about it. An answer that Slack does not take is tried again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from aiohttp import ClientError
from limits import RateLimitItemPerMinute
from rasa.core.agent import Agent
from rasa.core.lock_store import LockError
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import ButtonElement
from slack_sdk.web.async_client import AsyncWebClient

from bot.advice import smalltalk
from bot.advice.answer import Answer
from bot.advice.situation import Situation
from bot.chat import turns as conversation
from bot.chat.guard import storable
from bot.chat.slack.threads import PREFIX, Place
from bot.knowledge import Language, load_knowledge
from bot.presentation import slack
from bot.presentation.slack import SlackMessage
from bot.settings import settings
from bot.storage.messages import Message, MessageStore
from bot.web.rate_limits import Limiter, TooFast

logger = logging.getLogger(__name__)

Respond = Callable[..., Awaitable[Any]]
"""bolt's way to answer a command or button by its response_url."""

UNANSWERED_FOR = timedelta(hours=1)
CATCH_UP_EVERY = 3.0
CATCH_UP_AFTER = timedelta(seconds=10)
"""Seconds between looks for questions that nobody answered, and their age and greatest age."""
TRY_AGAIN_AFTER = (2, 5, 15, 60, 300)
"""Seconds between tries to post an answer while Slack is down."""
FOR_GOOD = {"channel_not_found", "not_in_channel", "is_archived", "restricted_action", "user_not_in_channel"}
"""Errors of a place where we may not write; trying again does not help."""


REFUSED = {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope"}
"""Errors of a token that is no good: nothing that we say arrives."""
UNREACHABLE = (OSError, asyncio.TimeoutError, ClientError)


class NotHere(Exception):
    """We may not write in that channel."""


class Desk:
    """Answers questions in Slack."""

    def __init__(self, client: AsyncWebClient, store: MessageStore) -> None:
        self.client = client
        self.store = store
        self.agent: Agent | None = None
        self._limiter = Limiter()
        self._busy: Counter[str] = Counter()
        self._languages: dict[str, Language] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def hear(
        self,
        place: Place,
        text: str,
        *,
        message_id: str,
        user: str,
        payload: str | None = None,
        respond: Respond | None = None,
    ) -> None:
        """A question, or the button that was pressed (`payload`), is kept, answered and posted; once a `message_id`.

        Raises NotHere if we may not write there.
        """
        try:
            await self._limiter.count(RateLimitItemPerMinute(settings().messages_per_minute), user)
        except TooFast as refusal:
            await self._calm_down(place, user, refusal, respond)
            return
        # Kept at once, answered in the order of arrival: nothing is awaited before the place in the row is taken.
        keep = partial(self.store.add_visitors, place.conversation, storable(text), message_id, payload)
        kept = asyncio.create_task(asyncio.to_thread(keep))
        async with self._in_turn(place):
            message, new = await kept
            if new:
                await self._answer(place, message, respond, await self.language_of(user))

    @contextlib.asynccontextmanager
    async def _in_turn(self, place: Place) -> AsyncIterator[None]:
        """Lets questions in one place wait for each other, also while an answer waits for Slack."""
        assert self.agent is not None, "the server has not started"
        self._busy[place.conversation] += 1
        try:
            async with self.agent.lock_store.lock(f"desk {place.conversation}", None):
                yield
        finally:
            self._busy[place.conversation] -= 1
            if not self._busy[place.conversation]:
                del self._busy[place.conversation]

    async def _answer(self, place: Place, message: Message, respond: Respond | None, language: Language) -> None:
        for made in await self._answers(message, language):
            if made.answer is not None:
                worth_sharing = place.only_for and made.answer.about not in (None, "request")
                share_as = made.position if worth_sharing else None
                try:
                    await self.post(place, self.messages(made.answer, share_as), respond)
                except (NotHere, SlackApiError) as error:
                    if isinstance(error, NotHere) or not _may_work_later(error):  # nor must it, out of the blue
                        await asyncio.to_thread(self.store.set_answered, place.conversation, message.position)
                    raise
        await asyncio.to_thread(self.store.set_answered, place.conversation, message.position)

    async def _answers(self, message: Message, language: Language) -> list[Message]:
        """The advisor's answers; those that were made before a crash are not made again."""
        assert self.agent is not None, "the server has not started"
        return await conversation.answer_kept(self.agent, self.store, message, "slack", language=language, done=False)

    def messages(self, answer: Answer, share_as: int | None = None) -> list[SlackMessage]:
        """The answer as Slack draws it; with a button to share it, if it stands at the position `share_as`."""
        knowledge = load_knowledge(settings().knowledge)
        extra: Sequence[ButtonElement] = ()
        if share_as is not None:
            extra = (slack.button(knowledge.slack["share"].in_(answer.language), "share", str(share_as)),)
        try:
            return slack.render(answer, knowledge, extra)
        except Exception:
            logger.exception("An answer could not be drawn for Slack")
            return slack.render(smalltalk.apology(Situation(knowledge, answer.language)), knowledge)

    async def post(self, place: Place, messages: Sequence[SlackMessage], respond: Respond | None = None) -> None:
        """Posts messages in a place, again and again while Slack is down. Raises NotHere."""
        for message in messages:
            await insist(partial(self._post, place, message, respond))

    async def _post(self, place: Place, message: SlackMessage, respond: Respond | None) -> None:
        if respond is not None and place.only_for:
            answer = await respond(
                text=message.text, blocks=message.blocks, response_type="ephemeral", replace_original=False
            )
            if answer.status_code == 200:
                return  # else the response_url has been used up or is too old: the ordinary way
        if place.only_for:
            await self.client.chat_postEphemeral(
                channel=place.channel,
                thread_ts=place.thread,
                user=place.only_for,
                text=message.text,
                blocks=message.blocks,
            )
        else:
            await self.client.chat_postMessage(
                channel=place.channel,
                thread_ts=place.thread,
                text=message.text,
                blocks=message.blocks,
                unfurl_links=False,
                unfurl_media=False,
            )

    async def _calm_down(self, place: Place, user: str, refusal: TooFast, respond: Respond | None) -> None:
        """Says once a minute that it goes too fast."""
        try:
            await self._limiter.count(RateLimitItemPerMinute(1), f"told {user}")
        except TooFast:
            return
        texts = load_knowledge(settings().knowledge).slack
        text = texts["too_fast"].in_(await self.language_of(user)).format(seconds=refusal.seconds)
        told = Place(place.team, place.channel, place.thread, only_for=user)
        await self.post(told, [SlackMessage(text, [slack.section(text).to_dict()])], respond)

    async def language_of(self, user: str) -> Language:
        """The language that a user has set in Slack; Dutch if that is neither or can't be found out."""
        if user not in self._languages:
            try:
                info = await self.client.users_info(user=user, include_locale=True)
                english = str(info["user"].get("locale", "")).startswith("en")
                self._languages[user] = "en" if english else "nl"
            except (SlackApiError, *UNREACHABLE):
                return "nl"
        return self._languages[user]

    def soon(
        self,
        work: Coroutine[Any, Any, None],
        place: Place | None = None,
        user: str = "",
        respond: Respond | None = None,
    ) -> None:
        """Does something beside what goes on. If it fails, `user` reads an apology in `place`, or by `respond`.

        bolt keeps no hold of the tasks it starts for listeners, so that Python may collect one in the middle of its
        work. Listeners hand over to this, which keeps hold.
        """
        task = asyncio.create_task(self._look_after(work, place, user, respond))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look_after(
        self, work: Coroutine[Any, Any, None], place: Place | None, user: str, respond: Respond | None
    ) -> None:
        try:
            try:
                await work
            except NotHere as error:
                logger.warning("Slack does not let us write there: %s", error)
                if respond is not None:
                    await self.tell(user, "not_here", respond)
            except SlackApiError as error:
                if error.response.get("error") in REFUSED:
                    raise
                await self._apologise(place, user, respond)
            except Exception:
                await self._apologise(place, user, respond)
        except SlackApiError as error:
            logger.error("Slack refuses us: %s", error.response.get("error"))
        except Exception:
            logger.exception("An apology in Slack failed")

    async def _apologise(self, place: Place | None, user: str, respond: Respond | None) -> None:
        logger.exception("A question in Slack failed")
        if place is not None:
            language = await self.language_of(user) if user else "nl"
            await self.post(
                place,
                self.messages(smalltalk.apology(Situation(load_knowledge(settings().knowledge), language))),
                respond,
            )

    async def tell(self, user: str, key: str, respond: Respond) -> None:
        """Something of slack.yml that only one user reads."""
        text = load_knowledge(settings().knowledge).slack[key].in_(await self.language_of(user))
        await respond(text=text, response_type="ephemeral", replace_original=False)

    async def catch_up(self) -> None:
        """Answers what an earlier run, or another server that died, left unanswered. Runs until cancelled."""
        patience = timedelta(0)
        while True:
            try:
                for message in await asyncio.to_thread(self.store.unanswered, UNANSWERED_FOR, f"{PREFIX}-", patience):
                    if message.conversation not in self._busy:
                        self.soon(self._answer_late(Place.of(message.conversation), message))
            except Exception as error:  # the next time it may work
                logger.warning("Looking for unanswered questions failed: %s", error)
            await asyncio.sleep(CATCH_UP_EVERY)
            patience = CATCH_UP_AFTER

    async def _answer_late(self, place: Place, message: Message) -> None:
        with contextlib.suppress(LockError):  # next time, then
            async with self._in_turn(place):
                if not await asyncio.to_thread(self.store.is_answered, message.conversation, message.position):
                    await self._answer(place, message, None, "nl")

    async def stop(self) -> None:
        """Gives what is under way a moment to end."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=5)
        for task in set(self._tasks):
            task.cancel()


async def insist(call: Callable[[], Awaitable[object]]) -> None:
    """Calls Slack, again and again while it is down. Raises NotHere, and what else Slack says for good."""
    for wait in (*TRY_AGAIN_AFTER, None):
        try:
            await call()
            return
        except SlackApiError as error:
            if error.response.get("error") in FOR_GOOD:
                raise NotHere(error.response["error"]) from error
            if wait is None or not passes(error):
                raise
            reason: object = error.response.get("error")
        except UNREACHABLE as error:
            if wait is None:
                raise
            reason = error
        logger.warning("Slack did not take it (%s); trying again in %s s", reason, wait)
        await asyncio.sleep(wait)


def _may_work_later(error: SlackApiError) -> bool:
    """Whether Slack may take what it refused now: when it is up again, or when somebody has mended the token."""
    return passes(error) or error.response.get("error") in REFUSED


def passes(error: SlackApiError) -> bool:
    """Whether an error is one that passes: Slack is busy or down, not: we asked something wrong."""
    status = int(getattr(error.response, "status_code", 200))
    busy = ("ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout")
    return status >= 500 or status == 429 or error.response.get("error") in busy
