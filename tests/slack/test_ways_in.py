"""Each way to ask the advisor something in Slack, through the real server and the real bot."""

from __future__ import annotations

import asyncio

import pytest

from bot.knowledge import Knowledge
from tests.slack.team import Team, button_of, text_of

PROBLEM = "we krijgen genoeg bezoekers, maar niemand bestelt"


@pytest.mark.parametrize("by_socket", [False, True], ids=["http", "socket mode"])
async def test_a_direct_message_is_answered_with_the_phase_that_hurts(team: Team, by_socket: bool) -> None:
    user, direct = team.newcomer()
    event = team.slack.message_event(PROBLEM, channel=direct, user=user)
    if by_socket:
        ack = await team.slack.acked(await team.slack.send(event))
        assert ack.seconds < 3
    else:
        assert (await team.send(event)).status_code == 200
    (post,) = await team.posts(channel=direct)
    problem = "Genoeg bezoekers, weinig verkopen"
    assert post["blocks"][0] == {"type": "header", "text": {"type": "plain_text", "text": problem}}
    said = text_of(post)
    for part in (
        "Do: gekozen worden",
        "*⬤ Do*",
        "In de klantreis: afweging, aankoop",
        "*Kanalen*",
        "*Boodschap*",
        "*Meten*",
    ):
        assert part in said
    assert "“niemand bestelt”" in said
    assert "thread_ts" not in post


async def test_a_mention_is_answered_in_its_thread_and_each_thread_is_a_talk_of_its_own(team: Team) -> None:
    one = team.slack.app_mention_event("<@UBOT> klanten komen niet terug")
    other = team.slack.app_mention_event("<@UBOT> niemand kent ons", user="U2")
    await asyncio.gather(team.send(one), team.send(other))
    threads = [payload["event"]["ts"] for payload in (one, other)]
    await team.posts(2, channel="C1")
    for thread, phase in zip(threads, ("Care", "See"), strict=True):
        await team.send(team.slack.app_mention_event("<@UBOT> welke kanalen?", thread_ts=thread))
        posts = await team.posts(2, channel="C1", thread_ts=thread)
        assert phase in text_of(posts[0])
        assert f"Kanalen in {phase}" in text_of(posts[1])


async def test_a_mention_without_a_question_tells_what_can_be_asked(team: Team) -> None:
    event = team.slack.app_mention_event("<@UBOT>")
    await team.send(event)
    (post,) = await team.posts(channel="C1", thread_ts=event["event"]["ts"])
    assert "Noem me in je bericht" in text_of(post)


async def test_advies_is_seen_by_the_asker_alone_until_it_is_shared(team: Team) -> None:
    user, _ = team.newcomer("en-GB")
    answer = await team.send(team.slack.slash_command("/advies", "customers buy once and never come back", user=user))
    assert answer.status_code == 200
    (shown,) = await team.ephemerals(user)
    assert "Care: keeping customers" in text_of(shown)
    assert "<@" not in text_of(shown)
    share = button_of(shown, "Share in this channel")
    await team.send(team.slack.block_action(shown, "share", share["value"], user=user))
    await team.slack.wait_for("response_url", 3, where=lambda call: call.ok)
    shared = team.last_post("C1")
    assert f"<@{user}> shared this. The question was: customers buy once" in text_of(shared)
    assert "Care: keeping customers" in text_of(shared)
    assert team.slack.workspace.ephemerals(user) == [], "the asker's own copy is gone"


async def test_advies_without_a_question_helps(team: Team) -> None:
    user, _ = team.newcomer()
    await team.send(team.slack.slash_command("/advies", "  ", user=user))
    (shown,) = await team.ephemerals(user)
    assert "Stel je vraag achter het commando" in text_of(shown)


async def test_advies_works_where_the_app_is_no_member(team: Team) -> None:
    await team.send(team.slack.slash_command("/advies", PROBLEM, channel="C2", user="U1"))
    shown = (await team.ephemerals("U1"))[-1]
    assert "Do: gekozen worden" in text_of(shown)


async def test_the_shortcut_answers_in_the_thread_of_the_message(team: Team) -> None:
    complaint = team.slack.say("Drie keer besteld en daarna nooit meer iets gehoord", channel="C1", user="U2")
    await team.send(team.slack.message_shortcut("which_phase", complaint, channel="C1"))
    (post,) = await team.posts(channel="C1", thread_ts=complaint["ts"])
    assert "Care" in text_of(post)


async def test_the_shortcut_says_how_to_let_it_in_where_it_may_not_write(team: Team) -> None:
    user, _ = team.newcomer()
    complaint = team.slack.say("Niemand kent ons", channel="C2", user="U2")
    await team.send(team.slack.message_shortcut("which_phase", complaint, channel="C2", user=user))
    (shown,) = await team.ephemerals(user)
    assert "/invite" in text_of(shown)


async def test_buttons_go_on_in_the_same_talk(team: Team) -> None:
    user, direct = team.newcomer()
    await team.send(team.slack.message_event(PROBLEM, channel=direct, user=user))
    await team.posts(1, channel=direct)
    message = team.last_post(direct)
    button = button_of(message, "Ze vergelijken met een ander")
    await team.send(team.slack.block_action(message, button["action_id"], button["value"], user=user))
    posts = await team.posts(2, channel=direct)
    assert "Zo weet je het zeker" in text_of(posts[1])
    await team.send(team.slack.message_event("hoe meet ik dat?", channel=direct, user=user))
    posts = await team.posts(3, channel=direct)
    assert "Meten in Do" in text_of(posts[2])


async def test_the_home_tab_tells_what_it_can_do_and_this_months_figures(team: Team, knowledge: Knowledge) -> None:
    user, direct = team.newcomer("en-US")
    await team.send(team.slack.message_event(PROBLEM, channel=direct, user=user))
    await team.posts(1, channel=direct)
    await team.send(team.slack.app_home_opened_event(user=user))
    await team.slack.wait_for("views.publish", where=lambda call: call.ok)
    said = text_of(team.slack.workspace.home_tabs[user])
    for phase in knowledge.phases.values():
        assert phase.nickname.en in said
    assert "This month" in said
    assert "Conversations:" in said
    assert "Phases: See" in said


async def test_links_mentions_and_signs_arrive_as_they_were_meant(team: Team) -> None:
    user, direct = team.newcomer()
    await team.send(team.slack.message_event("Wat is het verschil tussen SEO &amp; SEA?", channel=direct, user=user))
    (post,) = await team.posts(1, channel=direct)
    assert "SEO" in text_of(post)
    nasty = "niemand koopt bij <http://zaak.nl|zaak.nl> &lt;!channel&gt; &amp; *wij* weten niet waarom"
    await team.send(team.slack.message_event(nasty, channel=direct, user=user))
    posts = await team.posts(2, channel=direct)
    assert "<!channel>" not in str(posts[1])


async def test_typed_commands_of_rasa_are_read_as_words(team: Team) -> None:
    user, direct = team.newcomer()
    said = (PROBLEM, "/restart", "hoe meet ik dat?", '/ask_channels{"phase": "care"}')
    for number, text in enumerate(said, start=1):
        await team.send(team.slack.message_event(text, channel=direct, user=user))
        posts = await team.posts(number, channel=direct)
    assert "beginnen opnieuw" in text_of(posts[1]), "read as the word restart, and answered"
    assert "Kanalen in Care" not in text_of(posts[3])
