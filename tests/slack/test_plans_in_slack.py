"""A plan in Slack: ticked off by the team, and a reminder of it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.forms.working_days import is_working_day
from bot.storage.database import utc_now
from bot.storage.plans import PlanStore, StoredPlan
from tests.slack.team import Team, button_of, text_of
from tests.slack.workspace import Json
from tests.support.waiting import wait_until

PROBLEM, ASK = "offertes worden niet getekend", "maak er een plan van"
REMIND = "Herinner ons over twee weken"


def store_of(team: Team) -> PlanStore:
    return PlanStore(team.server.intake_db, timedelta(days=90))


def boxes(message: Json) -> dict[str, bool]:
    """The check boxes of a message by the id of their step: which are ticked."""
    found = [block for block in message["blocks"] if "accessory" in block]
    return {block["block_id"].split()[1]: "initial_options" in block["accessory"] for block in found}


def token_of(message: Json) -> str:
    return str(next(block["block_id"] for block in message["blocks"] if "accessory" in block).split()[0])


def stored(team: Team, message: Json) -> StoredPlan:
    plan = store_of(team).get(token_of(message))
    assert plan is not None
    return plan


async def plan_in_direct_message(team: Team, locale: str = "nl-NL", ask: tuple[str, str] = (PROBLEM, ASK)) -> Json:
    """The message in which a newcomer sees their plan."""
    user, direct = team.newcomer(locale)
    for number, text in enumerate(ask, start=1):
        await team.send(team.slack.message_event(text, channel=direct, user=user))
        await team.posts(number, channel=direct)
    return team.last_post(direct)


async def plan_in_channel(team: Team) -> Json:
    """The message in the thread of a channel in which a team sees its plan."""
    event = team.slack.app_mention_event(f"<@UBOT> {PROBLEM}")
    thread = event["event"]["ts"]
    await team.send(event)
    await team.posts(1, channel="C1", thread_ts=thread)
    await team.send(team.slack.app_mention_event(f"<@UBOT> {ASK}", thread_ts=thread))
    await team.posts(2, channel="C1", thread_ts=thread)
    return team.last_post("C1", thread)


async def plan_for_one(team: Team) -> tuple[str, Json]:
    """A newcomer, and the message in a channel in which only they see their plan."""
    user, _ = team.newcomer()
    for number, text in enumerate((PROBLEM, ASK), start=1):
        await team.send(team.slack.slash_command("/advies", text, user=user))
        await team.ephemerals(user, number)
    return user, (await team.ephemerals(user))[-1]


async def tick(team: Team, message: Json, step: str, ticked: bool = True, user: str = "U1") -> None:
    """A user ticks a step off in the message as they see it; waits until the message shows what is stored."""
    (block_id,) = [b["block_id"] for b in message["blocks"] if b["block_id"].split()[1:2] == [step]]
    before = len(team.slack.calls_of("chat.update"))
    response = await team.send(team.slack.check_box_action(message, block_id, ticked, user))
    assert response.status_code == 200
    await team.slack.wait_for("chat.update", before + 1, where=lambda call: call.status is not None)


async def press(team: Team, message: Json, user: str = "U1", title: str = REMIND) -> None:
    remind = button_of(message, title)
    await team.send(team.slack.block_action(message, remind["action_id"], remind["value"], user=user))


async def test_a_plan_has_a_check_box_for_each_step_in_place_of_the_list(team: Team) -> None:
    message = await plan_in_direct_message(team)
    plan = stored(team, message).plan
    assert boxes(message) == {step.id: False for step in plan.steps}
    for number, step in enumerate(plan.steps, start=1):
        assert text_of(message).count(f"{number}. *{step.name}*") == 1
    assert "Hoe doe ik het eerste?" in text_of(message)


async def test_ticks_of_two_people_are_both_kept_though_one_does_not_see_the_other_s_yet(team: Team) -> None:
    message = await plan_in_channel(team)
    first, second, *_ = boxes(message)
    await tick(team, message, first, user="U1")
    await tick(team, message, second, user="U2")  # in the message as it was before
    assert set(stored(team, message).done) == {first, second}
    shown = boxes(team.last_post("C1", message["thread_ts"]))
    assert {step for step, ticked in shown.items() if ticked} == {first, second}


async def test_a_tick_is_taken_away_and_the_boxes_are_new_to_slack_each_time(team: Team) -> None:
    message = await plan_in_channel(team)
    step = next(iter(boxes(message)))
    await tick(team, message, step)
    ticked = team.last_post("C1", message["thread_ts"])
    await tick(team, ticked, step, ticked=False)
    shown = team.last_post("C1", message["thread_ts"])
    assert stored(team, message).done == ()
    assert not any(boxes(shown).values())
    ids = [{b["block_id"] for b in m["blocks"] if "accessory" in b} for m in (message, ticked, shown)]
    assert not ids[0] & ids[1]
    assert not ids[1] & ids[2]
    assert text_of(shown) == text_of(message)


async def test_a_tick_on_the_page_shows_with_the_next_tick_in_slack(team: Team) -> None:
    message = await plan_in_channel(team)
    first, second, *_ = boxes(message)
    store_of(team).set_done(token_of(message), first, done=True)
    await tick(team, message, second)
    shown = boxes(team.last_post("C1", message["thread_ts"]))
    assert shown[first]
    assert shown[second]


async def test_ticks_at_the_same_moment_are_all_kept(team: Team) -> None:
    message = await plan_in_channel(team)
    steps = list(boxes(message))
    await asyncio.gather(*(tick(team, message, step, user=f"U{n % 2 + 1}") for n, step in enumerate(steps)))
    await wait_until(lambda: set(stored(team, message).done) == set(steps), 10, team.slack.all_calls)

    def shown() -> bool:
        return all(boxes(team.last_post("C1", message["thread_ts"])).values())

    await wait_until(shown, 10, team.slack.all_calls)


async def test_a_tick_is_stored_while_slack_hiccups(team: Team) -> None:
    message = await plan_in_channel(team)
    step = next(iter(boxes(message)))
    before = sum(call.ok for call in team.slack.calls_of("chat.update"))
    team.slack.server_error("chat.update")
    await tick(team, message, step)
    assert stored(team, message).done == (step,)
    await team.slack.wait_for("chat.update", before + 1, timeout=15, where=lambda call: call.ok)
    assert boxes(team.last_post("C1", message["thread_ts"]))[step]


async def test_a_deleted_plan_leaves_slack_too_with_a_sentence_in_the_language_of_who_ticks(team: Team) -> None:
    message = await plan_in_channel(team)
    plan, step = stored(team, message).plan, next(iter(boxes(message)))
    assert store_of(team).delete([f"slack-T1-C1-{message['thread_ts']}-"]) == 1
    user, _ = team.newcomer("en-GB")
    await tick(team, message, step, user=user)
    shown = team.last_post("C1", message["thread_ts"])
    assert "This plan is gone" in text_of(shown)
    assert plan.steps[0].name not in str(shown)


async def test_an_answer_that_one_user_sees_can_be_ticked_and_has_no_reminder(team: Team) -> None:
    user, message = await plan_for_one(team)
    assert REMIND not in text_of(message)
    block_id = next(b["block_id"] for b in message["blocks"] if "accessory" in b)
    await team.send(team.slack.check_box_action(message, block_id, ticked=True, user=user))
    await wait_until(lambda: stored(team, message).done == (block_id.split()[1],), 10, team.slack.all_calls)
    share = button_of(message, "Deel in dit kanaal")
    await team.send(team.slack.block_action(message, share["action_id"], share["value"], user=user))
    token = token_of(message)

    def shared() -> list[Json]:
        return [m for m in team.slack.workspace.messages("C1") if token in str(m)]

    await wait_until(lambda: bool(shared()), 10, team.slack.all_calls)
    assert boxes(shared()[0])[block_id.split()[1]]
    assert REMIND in text_of(shared()[0])


async def test_a_deleted_plan_that_one_user_sees_is_said_to_be_gone(team: Team) -> None:
    user, message = await plan_for_one(team)
    assert store_of(team).delete([f"slack-T1-C1--{user}"]) == 1
    block_id = next(b["block_id"] for b in message["blocks"] if "accessory" in b)
    await team.send(team.slack.check_box_action(message, block_id, ticked=True, user=user))
    assert "is er niet meer" in str((await team.ephemerals(user, 3))[-1]["text"])


async def test_a_reminder_comes_on_a_working_day_in_the_morning_and_once(team: Team) -> None:
    message = await plan_in_channel(team)
    await asyncio.gather(press(team, message, "U1"), press(team, message, "U2"))
    await team.slack.wait_for("chat.update", 2, where=lambda call: call.ok)
    (call,) = team.slack.calls_of("chat.scheduleMessage")
    at = datetime.fromtimestamp(int(call.arguments["post_at"]), ZoneInfo("Europe/Amsterdam"))
    days = (at.date() - datetime.now(ZoneInfo("Europe/Amsterdam")).date()).days
    assert (at.hour, at.minute) == (9, 0)
    assert 14 <= days <= 18
    assert is_working_day(at.date())
    assert (call.arguments["channel"], call.arguments["thread_ts"]) == ("C1", message["thread_ts"])
    assert f"<https://t1.slack.com/archives/C1/p{message['ts'].replace('.', '')}?a=b&amp;c=d|" in call.arguments["text"]
    shown = team.last_post("C1", message["thread_ts"])
    assert f"{at.day} " in text_of(shown)
    assert "herinner ik jullie" in text_of(shown)
    assert REMIND not in text_of(shown)
    await tick(team, message, next(iter(boxes(message))))  # in the message with the button
    assert REMIND not in text_of(team.last_post("C1", message["thread_ts"]))


async def test_a_reminder_has_nothing_of_the_plan_and_is_in_its_language(team: Team) -> None:
    ask = ("quotes are not getting signed", "make it a plan")
    message = await plan_in_direct_message(team, "en-GB", ask)
    await press(team, message, title="Remind us in two weeks")
    (call,) = await team.slack.wait_for("chat.scheduleMessage", where=lambda call: call.ok)
    assert call.arguments["text"].startswith("A reminder")
    assert not call.arguments.get("thread_ts")
    assert not any(step.name in str(call.arguments) for step in stored(team, message).plan.steps)
    assert token_of(message) not in str(call.arguments)


async def test_after_a_reminder_has_come_another_can_be_asked(team: Team) -> None:
    message = await plan_in_channel(team)
    store_of(team).set_reminder(token_of(message), utc_now() - timedelta(minutes=1))
    await press(team, message)
    await team.slack.wait_for("chat.scheduleMessage", where=lambda call: call.ok)
    await team.slack.wait_for("chat.update", where=lambda call: call.ok)
    pending = stored(team, message).pending_reminder
    assert pending is not None
    assert pending > utc_now() + timedelta(days=13)


async def test_a_reminder_that_slack_refuses_is_said_kindly_and_can_be_tried_again(team: Team) -> None:
    message = await plan_in_channel(team)
    user, _ = team.newcomer()
    for number, error in enumerate(("missing_scope", "restricted_too_many"), start=1):
        team.slack.fail("chat.scheduleMessage", error)
        await press(team, message, user)
        assert "staat niet ingesteld" in str((await team.ephemerals(user, number))[-1]["text"])
    assert stored(team, message).pending_reminder is None
    await press(team, message, user)
    await team.slack.wait_for("chat.update", where=lambda call: call.ok)
    assert stored(team, message).pending_reminder is not None


async def test_a_reminder_of_a_deleted_plan_is_not_scheduled(team: Team) -> None:
    message = await plan_in_channel(team)
    store_of(team).delete([f"slack-T1-C1-{message['thread_ts']}-"])
    await press(team, message)
    await team.slack.wait_for("chat.update", where=lambda call: call.ok)
    assert "is er niet meer" in text_of(team.last_post("C1", message["thread_ts"]))
    assert team.slack.calls_of("chat.scheduleMessage") == []
