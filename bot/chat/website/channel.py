"""The website channel: /webhooks/website/...

A page asks for a session, sends messages by POST, and receives all messages, its own included, as server-sent events.
The stream starts after the `Last-Event-ID` that the page sends: showing an earlier conversation, continuing after a
lost connection and following along in a second tab are the same request.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from datetime import timedelta
from functools import partial
from typing import Annotated, Any, Literal

import msgspec
from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.advice import smalltalk
from bot.background import BackgroundTasks
from bot.chat.guard import storable
from bot.chat.turns import catch_up
from bot.chat.website.sessions import PREFIX, Session, Sessions, read_or_create_secret
from bot.chat.website.streams import Event, Streams
from bot.chat.website.visits import read_visit
from bot.errors import HTTPError, InvalidTokenError, LockTimeoutError, RateLimitError, StorageError, UnknownMessageError
from bot.knowledge import LANGUAGES, Knowledge, Language
from bot.presentation import markdown, website
from bot.presentation.website_events import events
from bot.reports import MAX_BYTES, TOO_LARGE, ReportError, read
from bot.services import Services
from bot.settings import ROOT
from bot.storage.messages import Message, Reason
from bot.web.rate_limits import RateLimiter
from bot.web.requests import Id, Position, client_address, json_body, require_printable

logger = logging.getLogger(__name__)

MAX_PAGES = 20
"""Open pages of one conversation."""
MAX_COMMENT = 500
"""Characters that may go with a vote."""
CATCH_UP_MIN_AGE = timedelta(seconds=3)
MAX_REPORT_BODY = MAX_BYTES * 4 // 3 + 50_000
"""Bytes of a request with a report: base64 makes 4 of 3."""


class BeginSession(msgspec.Struct):
    """Body of POST /session. Unknown languages become Dutch."""

    language: Any = None


class Press(msgspec.Struct):
    """A pressed button: its index in the replies of the answer at a position."""

    position: Position
    reply: Position


class SendMessage(msgspec.Struct):
    """Body of POST /messages: a text or a pressed button. The same `id` again is the same message."""

    id: Id
    text: str | None = None
    press: Press | None = None
    page: Any = None
    """Where the visitor writes; see `read_visit`."""

    def __post_init__(self) -> None:
        require_printable("id", self.id)
        if self.text is None and self.press is None:
            raise ValueError("expected a text or a press")


class SendReport(msgspec.Struct):
    """Body of POST /reports: a file with its name, in base64. The same `id` again is the same message."""

    id: Id
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    data: bytes

    def __post_init__(self) -> None:
        require_printable("id", self.id)


class SetVote(msgspec.Struct):
    """Body of POST /feedback, in place of an earlier one; null removes a vote. A vote down may say why."""

    position: Position
    vote: Literal["up", "down"] | None = None
    reason: Reason | None = None
    comment: Annotated[str, msgspec.Meta(max_length=MAX_COMMENT)] | None = None

    def __post_init__(self) -> None:
        if self.vote != "down" and (self.reason or self.comment):
            raise ValueError("expected a reason and a comment only with the vote down")


class WebsiteChannel:
    """Chats with visitors of a website."""

    name = "website"
    status = None

    def __init__(self, services: Services, limiter: RateLimiter) -> None:
        """Takes what the channels share."""
        settings = services.settings
        self._services = services
        self._limiter = limiter
        self._streams = Streams(services.messages)
        secret = settings.secret or read_or_create_secret(ROOT / "var" / "secret")
        self._sessions = Sessions(secret, settings.session_days)
        self._in_progress: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._background = BackgroundTasks()

    def wake(self, conversation: str) -> None:
        """Shows what was just stored in a conversation on its open pages."""
        self._streams.wake(conversation)

    def blueprint(self) -> Blueprint:
        """The routes."""
        routes = Blueprint("website_channel")
        posts = {"session": self._begin, "messages": self._receive, "feedback": self._vote}
        for name, handler in posts.items():  # partial: Sanic sets attributes, which methods don't take
            routes.add_route(partial(handler), f"/{name}", methods=["POST"], name=name)
        # A stream: only this route takes so large a body, and only with a session.
        routes.add_route(partial(self._receive_report), "/reports", methods=["POST"], name="reports", stream=True)
        routes.add_route(partial(self._stream), "/stream", name="stream")
        routes.listener("after_server_start")(self._start)
        routes.listener("before_server_stop")(self._stop)
        routes.listener("after_server_stop")(self._finish)
        return routes

    async def _begin(self, request: Request) -> HTTPResponse:
        """Starts a conversation with the advisor's greeting."""
        _check_origin(request)
        limit = RateLimitItemPerHour(self._services.settings.sessions_per_hour_per_address)
        await self._limiter.hit(limit, client_address(request))
        language = json_body(request, BeginSession).language
        session, token = self._sessions.issue(language if language in LANGUAGES else "nl")
        greeting = smalltalk.welcome(self._services.situation(session.language))
        await asyncio.to_thread(self._services.messages.add_answers, session.conversation, [greeting])
        return response.json({"token": token}, status=201)

    async def _receive(self, request: Request) -> HTTPResponse:
        """Stores a message; its answer comes by the stream."""
        _check_origin(request)
        session = await self._session(request)
        body = json_body(request, SendMessage)
        text, payload = (body.text or "", None) if body.press is None else await self._pressed(session, body.press)
        await self._limit_messages(request, session)
        await self._note_visit(session, body.page)
        return await self._take(request.app, session, body.id, text, payload)

    async def _note_visit(self, session: Session, page: Any) -> None:
        """Keeps where the visitor writes, for a request that he may make; not worth refusing a message for."""
        visit = read_visit(page)
        if visit is None:
            return
        try:
            await asyncio.to_thread(self._services.requests.note_visit, session.conversation, visit)
        except StorageError as error:
            logger.warning("visit of conversation %s not stored: %s", session.conversation, error)

    async def _receive_report(self, request: Request) -> HTTPResponse:
        """Adds up a report, and stores the sums as a message that begins the quickscan; its answer comes by the stream.

        Raises:
            HTTPError: 413 or 422 for a file that is no report that we can read; nothing of it is stored.
        """
        _check_origin(request)
        session = await self._session(request)
        await self._limit_messages(request, session)
        request.stream.request_max_size = MAX_REPORT_BODY
        await request.receive_body()
        body = json_body(request, SendReport, MAX_REPORT_BODY)
        try:
            report = await asyncio.to_thread(read, body.data, self._services.knowledge)
        except ReportError as error:
            raise HTTPError(413 if error.problem == TOO_LARGE else 422, str(error), error.problem) from error
        return await self._take(request.app, session, body.id, body.name, report.payload)

    async def _limit_messages(self, request: Request, session: Session) -> None:
        """Counts a message.

        Raises:
            RateLimitError: The visitor, or his address, sent too many.
        """
        settings = self._services.settings
        await self._limiter.hit(RateLimitItemPerMinute(settings.messages_per_minute), session.conversation)
        per_address = RateLimitItemPerMinute(settings.messages_per_minute_per_address)
        await self._limiter.hit(per_address, client_address(request))

    async def _take(self, app: Sanic, session: Session, id_: str, text: str, payload: str | None) -> HTTPResponse:
        """Stores a visitor's message, and starts answering it."""
        message, _ = await asyncio.to_thread(
            self._services.messages.add_user_message, session.conversation, storable(text), id_, payload
        )
        if not message.answered:  # also when the page sends it again because no answer came
            self._start_answering(app, message, session.language)
        return response.json({"position": message.position}, status=202)

    async def _pressed(self, session: Session, press: Press) -> tuple[str, str]:
        """Title and payload of a button that was issued in this conversation."""
        found = await asyncio.to_thread(self._services.messages.after, session.conversation, press.position - 1)
        answer = found[0].answer if found and found[0].position == press.position else None
        buttons = website.replies(answer) if answer else []
        if press.reply >= len(buttons):
            raise HTTPError(404, "press: there is no such button in this conversation")
        return buttons[press.reply].title, markdown.payload(buttons[press.reply])

    async def _vote(self, request: Request) -> HTTPResponse:
        """Stores a vote on an answer."""
        _check_origin(request)
        session, body = await self._session(request), json_body(request, SetVote)
        limit = RateLimitItemPerMinute(self._services.settings.messages_per_minute * 2)
        await self._limiter.hit(limit, f"vote {session.conversation}")
        try:
            why = (body.reason, storable(body.comment) if body.comment else None)
            set_vote = self._services.messages.set_vote
            await asyncio.to_thread(set_vote, session.conversation, body.position, body.vote, *why)
        except UnknownMessageError as error:
            raise HTTPError(404, "position: there is no answer at this position") from error
        return response.json({"vote": body.vote})

    async def _stream(self, request: Request) -> None:
        """Sends the messages of the conversation from where the page left off, and new ones as they come."""
        session = await self._session(request)
        if self._streams.open_pages(session.conversation) >= MAX_PAGES:
            raise RateLimitError(60, "too many open pages")
        last = request.headers.get("Last-Event-ID", "0")
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # the latter for nginx
        stream = await request.respond(content_type="text/event-stream", headers=headers)
        events = self._streams.follow(
            session.conversation, int(last) if last.isascii() and last.isdigit() and len(last) < 10 else 0
        )
        async with contextlib.aclosing(events):
            async for event in events:
                await stream.send(_server_sent_event(event, self._services.knowledge))

    async def _session(self, request: Request) -> Session:
        """The visitor's session.

        Raises:
            HTTPError: 401 for an invalid token, and for a conversation that was deleted.
        """
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            if scheme != "Bearer":
                raise InvalidTokenError
            session = self._sessions.read(token)
        except InvalidTokenError as error:
            raise HTTPError(401, "no valid session; ask for a new one", "session_ended") from error
        if not await asyncio.to_thread(self._services.messages.last_positions, [session.conversation]):
            raise HTTPError(401, "this conversation has been deleted; ask for a new one", "session_ended")
        return session

    def _start_answering(self, app: Sanic, message: Message, language: Language, is_retry: bool = False) -> None:
        key = (message.conversation, message.position)
        if key not in self._in_progress:
            task = asyncio.create_task(self._answer(app, message, language, is_retry))
            self._in_progress[key] = task
            task.add_done_callback(lambda _: self._in_progress.pop(key, None))

    async def _answer(self, app: Sanic, message: Message, language: Language, is_retry: bool) -> None:
        self._streams.wake(message.conversation)
        with self._streams.typing(message.conversation):
            try:
                await app.ctx.turns.answer_stored(message, language, is_retry=is_retry)
            except LockTimeoutError as error:
                logger.warning("conversation %s is locked elsewhere: %s", message.conversation, error)
            except StorageError:  # the message is still unanswered, so `catch_up` tries again
                logger.exception("message of conversation %s not answered", message.conversation)

    async def _start(self, app: Sanic, *_: object) -> None:
        async def answer(message: Message) -> None:
            greeting = await asyncio.to_thread(self._services.messages.answer_and_question, message.conversation, 1)
            self._start_answering(app, message, greeting[0].language if greeting else "nl", is_retry=True)

        self._background.start(self._streams.watch())
        self._background.start(catch_up(self._services.messages, PREFIX, answer, CATCH_UP_MIN_AGE))

    async def _stop(self, *_: object) -> None:
        """Ends the streams; the server would wait for them."""
        self._background.cancel()
        self._streams.close()

    async def _finish(self, *_: object) -> None:
        """Waits for turns in progress, also those of the last requests that were accepted."""
        if self._in_progress:
            await asyncio.wait(self._in_progress.values(), timeout=5)


def _check_origin(request: Request) -> None:
    """Refuses scripts of other sites: the chat page is ours, so a browser sends our own origin."""
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        raise HTTPError(403, "this origin may not use the chat's interface")


def _server_sent_event(event: Event, knowledge: Knowledge) -> str:
    """An event in the format of the text/event-stream protocol."""
    if event.kind == "heartbeat":
        return ": heartbeat\n\n"
    if event.message is None:
        return f"event: {event.kind}\ndata: {json.dumps(event.typing)}\n\n"
    data = json.dumps(_as_json(event.message, knowledge))
    return f"id: {event.message.position}\nevent: message\ndata: {data}\n\n"


def _as_json(message: Message, knowledge: Knowledge) -> dict[str, Any]:
    common: dict[str, Any] = {"position": message.position, "at": f"{message.at.isoformat(timespec='seconds')}Z"}
    if message.answer is None:
        return {**common, "author": "visitor", "text": message.text, "id": message.message_id}
    said = {
        "vote": message.vote,
        "reason": message.reason,
        "revises": message.revises,
        "events": events(message.answer),
    }
    return {**common, "author": "advisor", **said, **website.render(message.answer, knowledge)}
