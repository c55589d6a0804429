"""Two workers, one talk: whoever answers, and whoever dies."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.storage.messages import MessageStore
from tests.faults.size import size
from tests.scale_out.conftest import Workers
from tests.scale_out.nginx import Nginx
from tests.support.visitor import Visitor
from tests.support.waiting import wait_until

PROBLEM = "klanten kopen één keer en komen niet terug"
QUESTION = "wat is seo?"


def answered_once(store: MessageStore, visitor: Visitor, *positions: int) -> list[int]:
    """The positions of the answers to what a visitor said; fails unless each message has exactly one."""
    answers = [store.answers_to(visitor.conversation, position) for position in positions]
    assert [len(each) for each in answers] == [1] * len(positions)
    return [each[0].position for each in answers]


@contextmanager
def turns_held_up(database: str) -> Iterator[Connection]:
    """As long as the block lasts, no turn gets to read its conversation, so that all are in the middle of it."""
    engine = sa.create_engine(database, future=True)
    with engine.connect() as connection, connection.begin():
        connection.execute(sa.text("LOCK TABLE events IN ACCESS EXCLUSIVE MODE"))
        yield connection
    engine.dispose()


async def turns_wait(connection: Connection, number: int) -> None:
    """Returns when so many turns are held up."""
    query = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'events'::regclass")
    await wait_until(lambda: connection.execute(query).scalar_one() >= number, explain=lambda: "no turn was held up")


async def test_the_proxy_spreads_what_comes_over_the_workers(nginx: Nginx, workers: Workers) -> None:
    path = "/health/live?spread"
    async with nginx.visitor() as visitor:
        for _ in range(4):
            await visitor.http.get(path)
    asked = {line.split()[-1] for line in await nginx.logged(path, 4)}
    assert asked == {worker.netloc for worker in workers}


async def test_a_talk_goes_on_whichever_worker_answers(visitor: Visitor, workers: Workers) -> None:
    first, second = workers
    await visitor.send_once(PROBLEM, to=first.address)
    await visitor.answers(1)
    await visitor.send_once("welke kanalen?", to=second.address)
    await visitor.answers(2)
    await visitor.send_once("en hoe meet ik dat?")
    answers = await visitor.answers(3)
    assert ["Care" in answer for answer in answers] == [True] * 3


async def test_messages_that_come_at_once_over_both_workers_are_answered_once_and_in_order(
    nginx: Nginx, workers: Workers, store: MessageStore
) -> None:
    first, second = workers
    for _ in range(size(1, 20)):
        async with AsyncExitStack() as stack:
            visitors = [await stack.enter_async_context(nginx.visitor()) for _ in range(6)]
            await asyncio.gather(*(visitor.start_session() for visitor in visitors))
            one = (visitor.send_once(PROBLEM, to=first.address) for visitor in visitors)
            other = (visitor.send_once(QUESTION, to=second.address) for visitor in visitors)
            positions = await asyncio.gather(*one, *other)
            for index, visitor in enumerate(visitors):
                await visitor.answers(2)
                answers = answered_once(store, visitor, *sorted(positions[index :: len(visitors)]))
                assert answers == sorted(answers)


async def test_a_stream_shows_what_either_worker_answers(visitor: Visitor, workers: Workers) -> None:
    current = asyncio.Event()

    async def listen() -> None:
        heard = 0
        async for event, data in visitor.stream():
            if event == "current":
                current.set()
            heard += event == "message" and data["author"] == "advisor"
            if heard == 1 + len(workers):  # the greeting
                return
        raise AssertionError("the stream ended")

    listening = asyncio.create_task(listen())
    await asyncio.wait_for(current.wait(), 5)  # so the proxy does not keep it back
    for worker in workers:
        await visitor.send_once(QUESTION, to=worker.address)
    await asyncio.wait_for(listening, 20)


async def test_a_worker_that_is_stopped_finishes_and_the_other_one_goes_on(
    nginx: Nginx, workers: Workers, visitor: Visitor, store: MessageStore, database: str
) -> None:
    stopped, other = workers
    async with AsyncExitStack() as stack:
        visitors = [await stack.enter_async_context(nginx.visitor()) for _ in range(3)]
        await asyncio.gather(*(talker.start_session() for talker in visitors))
        listening = asyncio.create_task(visitor.answers(1))
        with turns_held_up(database) as connection:
            held = await visitor.send_once(PROBLEM, to=stopped.address)
            await turns_wait(connection, 1)
            stopping = asyncio.create_task(asyncio.to_thread(stopped.stop, signal.SIGTERM))
            await asyncio.sleep(0.5)
        said: list[tuple[Visitor, int]] = []
        while not stopping.done():
            for talker in visitors:
                said.append((talker, await talker.send_once(QUESTION)))  # at the first attempt
                await asyncio.sleep(0.1)
        said += [(talker, await talker.send_once(QUESTION)) for talker in visitors]
        assert await stopping == 0, stopped.log
        await listening
        for talker in visitors:
            await talker.answers(sum(each is talker for each, _ in said))
        answered_once(store, visitor, held)
        for talker, position in said:
            answered_once(store, talker, position)
    assert "Traceback" not in stopped.log + other.log, stopped.log + other.log


async def test_the_other_worker_answers_what_a_killed_one_was_answering(
    nginx: Nginx, workers: Workers, store: MessageStore, database: str
) -> None:
    _, victim = workers
    for kill in range(size(1, 5)):
        if kill:
            await asyncio.to_thread(victim.start)
        async with nginx.visitor() as visitor:
            await visitor.start_session()
            listening = asyncio.create_task(visitor.answers(1))
            with turns_held_up(database) as connection:
                said = await visitor.send_once(PROBLEM, to=victim.address)
                await turns_wait(connection, 1)
                await asyncio.to_thread(victim.kill)
            (answer,) = await listening
            assert "Care" in answer
            following = await visitor.send_once("welke kanalen?")
            await visitor.answers(2)
            answered_once(store, visitor, said, following)
