"""The website channel: /webhooks/website/...

A page asks for a session, sends messages by POST and hears everything, its own messages included, by a stream of
server-sent events. The stream begins after the `Last-Event-ID` that the page names, so showing an earlier talk,
going on after a lost connection and following along in a second tab are one and the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.core.lock_store import LockError
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy.exc import SQLAlchemyError

from bot.advice import smalltalk
from bot.advice.situation import Situation
from bot.chat import turns as conversation
from bot.chat.guard import storable
from bot.chat.website.sessions import PREFIX, InvalidToken, Session, Sessions, kept_secret
from bot.chat.website.streams import Event, Streams
from bot.knowledge import LANGUAGES, load_knowledge
from bot.presentation import markdown, website
from bot.settings import ROOT, settings
from bot.storage.messages import Message, UnknownMessage, message_store
from bot.web.errors import MAX_ID, Refused, address, as_object, is_id, is_position
from bot.web.rate_limits import Limiter

logger = logging.getLogger(__name__)

MAX_PAGES = 20
"""Open pages of one conversation; more is no visitor."""
UNANSWERED_FOR = timedelta(hours=1)
"""Messages of this age at most are answered still."""
CATCH_UP_EVERY = 3.0
CATCH_UP_AFTER = timedelta(seconds=3)
"""Seconds between looks for messages that nobody answered, and their age. Messages that are just waiting their turn are
found too; that costs nothing, since none is answered twice."""


class WebsiteInput(InputChannel):
    """Chats with visitors of a website."""

    def __init__(self) -> None:
        self._store = message_store(settings().messages_db)
        self._streams = Streams(self._store)
        self._sessions = Sessions(settings().secret or kept_secret(ROOT / "var" / "secret"), settings().session_days)
        self._limiter = Limiter()
        self._answering: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._beside: list[asyncio.Task[None]] = []

    @classmethod
    def name(cls) -> str:
        """Part of the URL."""
        return "website"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[None]]) -> Blueprint:
        """The routes."""
        routes = Blueprint("website_channel")
        posts = {"session": self._begin, "messages": self._receive, "feedback": self._vote}
        for name, handler in posts.items():  # partial: Sanic sets attributes, which methods don't take
            routes.add_route(partial(handler), f"/{name}", methods=["POST"], name=name)
        routes.add_route(partial(self._stream), "/stream", name="stream")
        routes.listener("after_server_start")(self._start)
        routes.listener("before_server_stop")(self._stop)
        routes.listener("after_server_stop")(self._finish)
        return routes

    async def _begin(self, request: Request) -> HTTPResponse:
        """A new conversation, with the advisor's greeting in it."""
        _check_origin(request)
        await self._limiter.count(RateLimitItemPerHour(settings().sessions_per_hour_per_address), address(request))
        wanted = as_object(request).get("language")
        session, token = self._sessions.issue(wanted if wanted in LANGUAGES else "nl")
        greeting = smalltalk.greet(Situation(load_knowledge(settings().knowledge), session.language))
        await asyncio.to_thread(self._store.add_answers, session.conversation, [greeting])
        return response.json({"token": token}, status=201)

    async def _receive(self, request: Request) -> HTTPResponse:
        """Stores a message and answers it in its own time: the answer comes by the stream."""
        _check_origin(request)
        session = await self._session(request)
        body = as_object(request)
        message_id, press = body.get("id"), body.get("press")
        if not is_id(message_id):
            raise Refused(400, f"id: expected a text of 1 to {MAX_ID} printable characters")
        if press is None:
            text, payload = body.get("text"), None
            if not isinstance(text, str):
                raise Refused(400, "text: expected a text")
        else:
            text, payload = await self._pressed(session, press)
        await self._limiter.count(RateLimitItemPerMinute(settings().messages_per_minute), session.conversation)
        await self._limiter.count(RateLimitItemPerMinute(settings().messages_per_minute_per_address), address(request))
        message, _ = await asyncio.to_thread(
            self._store.add_visitors, session.conversation, storable(text), message_id, payload
        )
        if not message.answered:  # also when a page sends it again because the answer did not come
            self._answer_soon(request.app, message, session)
        return response.json({"position": message.position}, status=202)

    async def _pressed(self, session: Session, press: object) -> tuple[str, str]:
        """Title and payload of a button that the advisor issued in this conversation."""
        place = press if isinstance(press, dict) else {}
        position, index = place.get("position"), place.get("reply")
        if not is_position(position) or not is_position(index):
            raise Refused(400, "press: expected the numbers position and reply")
        found = await asyncio.to_thread(self._store.after, session.conversation, position - 1)
        answer = found[0].answer if found and found[0].position == position else None
        buttons = website.replies(answer) if answer else []
        if not 0 <= index < len(buttons):
            raise Refused(404, "press: there is no such button in this conversation")
        return buttons[index].title, markdown.payload(buttons[index])

    async def _vote(self, request: Request) -> HTTPResponse:
        """Keeps a thumb."""
        _check_origin(request)
        session = await self._session(request)
        body = as_object(request)
        position, vote = body.get("position"), body.get("vote")
        if not is_position(position) or vote not in ("up", "down", None):
            raise Refused(400, "expected a number position, and a vote: up, down or null")
        await self._limiter.count(
            RateLimitItemPerMinute(settings().messages_per_minute * 2), f"vote {session.conversation}"
        )
        try:
            await asyncio.to_thread(self._store.vote, session.conversation, position, vote)
        except UnknownMessage as error:
            raise Refused(404, "position: the advisor said nothing there") from error
        return response.json({"vote": vote})

    async def _stream(self, request: Request) -> None:
        """Everything said in the conversation, from where the page left off."""
        session = await self._session(request)
        if self._streams.open_pages(session.conversation) >= MAX_PAGES:
            raise Refused(429, "too many open pages", seconds=60)
        last = request.headers.get("Last-Event-ID", "0")
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # the latter for nginx
        stream = await request.respond(content_type="text/event-stream", headers=headers)
        events = self._streams.follow(
            session.conversation, int(last) if last.isascii() and last.isdigit() and len(last) < 10 else 0
        )
        async with contextlib.aclosing(events):
            async for event in events:
                await stream.send(_as_text(event))

    async def _session(self, request: Request) -> Session:
        """The visitor's session. Raises Refused for a token that is none, and for a conversation that was deleted."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            if scheme != "Bearer":
                raise InvalidToken
            session = self._sessions.read(token)
        except InvalidToken as error:
            raise Refused(401, "no valid session; ask for a new one", "session_ended") from error
        if not await asyncio.to_thread(self._store.newest, [session.conversation]):
            raise Refused(401, "this conversation has been deleted; ask for a new one", "session_ended")
        return session

    def _answer_soon(self, app: Sanic, message: Message, session: Session, late: bool = False) -> None:
        key = (message.conversation, message.position)
        if key not in self._answering:
            task = asyncio.create_task(self._answer(app, message, session, late))
            self._answering[key] = task
            task.add_done_callback(lambda _: self._answering.pop(key, None))

    async def _answer(self, app: Sanic, message: Message, session: Session, late: bool) -> None:
        self._streams.wake(message.conversation)
        with self._streams.typing(message.conversation):
            try:
                await conversation.answer_kept(
                    app.ctx.agent, self._store, message, self.name(), language=session.language, late=late
                )
            except LockError as error:
                logger.warning("Conversation %s is held elsewhere: %s", message.conversation, error)
            except SQLAlchemyError:  # it is tried again: see _catch_up
                logger.exception("A message of conversation %s could not be answered", message.conversation)

    async def _start(self, app: Sanic, *_: object) -> None:
        self._beside = [asyncio.create_task(self._streams.watch()), asyncio.create_task(self._catch_up(app))]

    async def _catch_up(self, app: Sanic) -> None:
        """Answers what was left unanswered: by an earlier run, by another server that died, by a failing database."""
        patience = timedelta(0)
        while True:
            try:
                left = await asyncio.to_thread(self._store.unanswered, UNANSWERED_FOR, PREFIX, patience)
                for message in left:
                    first = await asyncio.to_thread(self._store.answer_at, message.conversation, 1)  # the greeting
                    language = first[0].language if first else "nl"
                    self._answer_soon(app, message, Session(message.conversation, language), late=True)
            except Exception as error:  # the next time it may work
                logger.warning("Looking for unanswered messages failed: %s", error)
            await asyncio.sleep(CATCH_UP_EVERY)
            patience = CATCH_UP_AFTER

    async def _stop(self, *_: object) -> None:
        """Ends the streams, else the server would wait for them."""
        for task in self._beside:
            task.cancel()
        self._streams.close()

    async def _finish(self, *_: object) -> None:
        """Lets answers that are being made come to their end; also those of the last requests that were let in."""
        if self._answering:
            await asyncio.wait(self._answering.values(), timeout=5)


def _check_origin(request: Request) -> None:
    """The chat page is ours, so a browser names our own address; anything else is another site's script."""
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        raise Refused(403, "this origin may not use the chat's interface")


def _as_text(event: Event) -> str:
    """An event as the protocol of server-sent events writes it."""
    if event.kind == "heartbeat":
        return ": still here\n\n"
    if event.message is None:
        return f"event: {event.kind}\ndata: {json.dumps(event.typing)}\n\n"
    return f"id: {event.message.position}\nevent: message\ndata: {json.dumps(_as_json(event.message))}\n\n"


def _as_json(message: Message) -> dict[str, Any]:
    seen: dict[str, Any] = {"position": message.position, "at": f"{message.at.isoformat(timespec='seconds')}Z"}
    if message.answer is None:
        return {**seen, "author": "visitor", "text": message.text, "id": message.message_id}
    return {
        **seen,
        "author": "advisor",
        "vote": message.vote,
        **website.render(message.answer, load_knowledge(settings().knowledge)),
    }
