"""What happens when Slack repeats itself, lies, is busy or is down, or people do too much."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest

from bot.storage.messages import MessageStore
from tests.slack.payloads import http_body
from tests.slack.team import Team, text_of
from tests.support.waiting import wait_until

PROBLEM = "klanten kopen één keer en komen niet terug"


@pytest.mark.parametrize("reason", ["http_timeout", "http_error"])
async def test_an_event_that_slack_repeats_is_answered_once(team: Team, reason: str) -> None:
    user, direct = team.newcomer()
    event = team.slack.message_event(PROBLEM, channel=direct, user=user)
    for retry in range(3):
        answer = await team.send(event, retry_num=retry, retry_reason=reason)
        assert answer.status_code == 200
    ack = await team.slack.acked(await team.slack.send(event, retry_attempt=1, retry_reason=reason))
    assert ack.seconds < 3
    assert len(await team.posts_after_another_question(user, direct)) == 2


async def test_a_wrong_signature_is_refused_and_nothing_happens(team: Team) -> None:
    user, direct = team.newcomer()
    event = team.slack.message_event(PROBLEM, channel=direct, user=user)
    assert (await team.send(event, secret="another")).status_code == 401
    body = http_body(event)
    headers = team.slack.signed(body)
    assert (await team.post(body.replace("klanten", "mensen"), headers)).status_code == 401
    assert (await team.post(body, {"Content-Type": "application/json"})).status_code == 401
    assert len(await team.posts_after_another_question(user, direct)) == 1


async def test_an_old_request_is_refused_as_a_replay(team: Team) -> None:
    user, direct = team.newcomer()
    event = team.slack.message_event(PROBLEM, channel=direct, user=user)
    assert (await team.send(event, timestamp=int(time.time()) - 400)).status_code == 401


async def test_a_charset_in_the_content_type_is_fine(team: Team) -> None:
    user, direct = team.newcomer()
    body = http_body(team.slack.message_event(PROBLEM, channel=direct, user=user))
    headers = team.slack.signed(body) | {"Content-Type": "application/json;charset=utf-8"}
    assert (await team.post(body, headers)).status_code == 200
    await team.posts(1, channel=direct)


async def test_it_is_acknowledged_at_once_however_slow_slack_is(team: Team) -> None:
    user, direct = team.newcomer()
    team.slack.slow("chat.postMessage", 4)
    team.slack.slow("users.info", 2)
    start = time.monotonic()
    assert (await team.send(team.slack.message_event(PROBLEM, channel=direct, user=user))).status_code == 200
    assert time.monotonic() - start < 1
    await team.posts(1, channel=direct, timeout=20)


async def test_a_rate_limited_answer_is_posted_when_it_may(team: Team) -> None:
    user, direct = team.newcomer()
    team.slack.rate_limit("chat.postMessage", times=2, retry_after=1)
    await team.send(team.slack.message_event(PROBLEM, channel=direct, user=user))
    (post,) = await team.posts(1, channel=direct)
    assert "Care" in text_of(post)
    first, *_, last = team.slack.calls_of("chat.postMessage")
    assert last.time - first.time >= 2


async def test_an_answer_waits_while_slack_is_down(team: Team) -> None:
    user, direct = team.newcomer()
    event = team.slack.message_event(PROBLEM, channel=direct, user=user)
    await team.slack.go_down()
    assert (await team.send(event)).status_code == 200
    await wait_until(lambda: "slack_sdk" in team.log or "Retrying" in team.log, 20, lambda: team.log)
    await team.slack.come_back()
    await team.posts(1, channel=direct, timeout=30)
    assert len(await team.posts_after_another_question(user, direct)) == 2
    await team.slack.socket_connected(60)
    team.new_log()


async def test_socket_mode_comes_back_after_it_was_cut(team: Team) -> None:
    await team.slack.socket_connected(60)
    for is_cut in (True, False):
        opened = team.slack.sockets_opened
        if is_cut:
            team.slack.drop_socket()
        else:
            await team.slack.disconnect("refresh_requested")
        await team.slack.socket_opened_after(opened, 60)
        user, direct = team.newcomer()
        event = team.slack.message_event(PROBLEM, channel=direct, user=user)
        ack = await team.slack.acked(await team.slack.send(event), timeout=10)
        assert ack.seconds < 3
        await team.posts(1, channel=direct)


async def test_own_messages_other_bots_edits_and_joins_are_ignored(team: Team) -> None:
    user, direct = team.newcomer()
    slack = team.slack
    written = slack.message_event("hallo", channel=direct, user=user)
    await team.send(written)
    await team.posts(1, channel=direct)
    ts = written["event"]["ts"]
    for event in (
        slack.message_event(PROBLEM, channel=direct, user="UBOT", bot_id="BBOT"),
        slack.message_event(PROBLEM, channel=direct, user=user, bot_id="B2"),
        slack.message_event(PROBLEM, channel=direct, user=user, subtype="message_changed", ts=ts),
        slack.message_event(PROBLEM, channel=direct, user=user, subtype="bot_message"),
        slack.message_event("kwam erbij", channel="C1", user=user, subtype="channel_join"),
        slack.message_event(PROBLEM, channel="C1", user=user),
    ):
        assert (await team.send(event)).status_code == 200
    assert len(await team.posts_after_another_question(user, direct)) == 2


async def test_a_failure_ends_in_an_apology_where_the_question_was(team: Team) -> None:
    user, direct = team.newcomer()
    team.slack.fail("chat.postMessage", "invalid_blocks")
    await team.send(team.slack.message_event(PROBLEM, channel=direct, user=user))
    (post,) = await team.posts(1, channel=direct)
    assert "Er ging aan mijn kant iets mis" in text_of(post)
    waiting = MessageStore(team.server.messages_db).unanswered(timedelta(hours=1), "slack-")
    assert not [message for message in waiting if direct in message.conversation], "it would be tried again for an hour"
    team.new_log()


async def test_a_flood_is_answered_as_far_as_it_may_and_the_rest_told_once(team: Team) -> None:
    user, direct = team.newcomer()
    events = [team.slack.message_event(f"hallo {n}", channel=direct, user=user) for n in range(60)]
    statuses = [(await team.send(event)).status_code for event in events]
    assert set(statuses) == {200}
    assert len(await team.posts(30, channel=direct, timeout=60)) == 30
    (notice,) = await team.ephemerals(user)
    assert "te snel" in text_of(notice)


async def test_two_threads_at_once_are_answered_each_in_order(team: Team) -> None:
    threads = []
    for phase in ("niemand kent ons", "klanten komen niet terug"):
        event = team.slack.app_mention_event(f"<@UBOT> {phase}")
        threads.append(event["event"]["ts"])
        await team.send(event)
    questions = ["welke kanalen?", "welke boodschap?", "hoe meet ik dat?"]
    for question in questions:
        events = [team.slack.app_mention_event(f"<@UBOT> {question}", thread_ts=thread) for thread in threads]
        await asyncio.gather(*map(team.send, events))
    for thread, phase in zip(threads, ("See", "Care"), strict=True):
        posts = await team.posts(4, channel="C1", thread_ts=thread)
        titles = [post["blocks"][0]["text"]["text"] for post in posts]
        topics = [title.partition(":")[0] for title in titles[1:]]
        assert topics == [f"Kanalen in {phase}", f"Boodschap in {phase}", f"Meten in {phase}"]


async def test_what_nobody_listens_to_is_acknowledged_all_the_same(team: Team) -> None:
    event = team.slack.event({"type": "team_join", "user": {"id": "U1"}})
    assert (await team.send(event)).status_code == 200
    assert (await team.slack.acked(await team.slack.send(event))).seconds < 3


async def test_slack_can_check_the_address(team: Team) -> None:
    answer = await team.send(team.slack.url_verification("geheim"))
    assert answer.status_code == 200
    assert "geheim" in answer.text
