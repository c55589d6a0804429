"""The fake Slack, tried with the clients that a bot uses: slack_sdk's AsyncWebClient and slack_bolt's Socket Mode."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.slack.block_kit import problems_in_submission_answer, problems_in_view
from tests.slack.fake_slack import FakeSlack
from tests.slack.payloads import typed
from tests.slack.samples import (
    acknowledge,
    actions,
    bolt,
    button,
    client_of,
    field,
    menu,
    modal,
    mrkdwn,
    option,
    plain,
    refusal,
    section,
)
from tests.slack.web_api import ALL_SCOPES
from tests.slack.workspace import Json
from tests.support.waiting import wait_until

# Calls and messages


async def test_a_message_is_kept_and_the_call_recorded(slack: FakeSlack, client: AsyncWebClient) -> None:
    answer = await client.chat_postMessage(channel="C1", text="Hoi", blocks=[section("*Hoi*"), actions(button())])
    (call,) = await slack.wait_for("chat.postMessage")
    assert (call.token, call.status, call.ok) == (slack.bot_token, 200, True)
    assert call.arguments["blocks"][0]["text"]["text"] == "*Hoi*"
    (message,) = slack.messages("C1")
    assert message["ts"] == answer["ts"]
    assert message["blocks"][1]["block_id"]


async def test_a_form_is_understood_as_json_is(slack: FakeSlack, client: AsyncWebClient) -> None:
    form = {"channel": "#marketing", "text": "Hoi", "blocks": '[{"type": "divider"}]'}
    await client.api_call("chat.postMessage", data=form)
    assert slack.calls[0].arguments["blocks"] == [{"type": "divider"}]
    assert slack.messages("C1")[0]["blocks"][0]["type"] == "divider"
    form["blocks"] = "[{"
    assert (await refusal(client.api_call("chat.postMessage", data=form)))["error"] == "invalid_blocks_format"


async def test_timestamps_are_unique_and_increase(slack: FakeSlack, client: AsyncWebClient) -> None:
    answers = [await client.chat_postMessage(channel="C1", text="Hoi") for _ in range(20)]
    stamps = [str(answer["ts"]) for answer in answers]
    assert sorted(set(stamps)) == stamps


@pytest.mark.parametrize(
    ("token", "error"), [(None, "not_authed"), ("xoxb-other", "invalid_auth"), ("xapp-fake", "not_allowed_token_type")]
)
async def test_a_wrong_token_is_refused(slack: FakeSlack, token: str | None, error: str) -> None:
    assert (await refusal(client_of(slack, token=token).auth_test()))["error"] == error


async def test_an_unknown_method_is_named(slack: FakeSlack, client: AsyncWebClient) -> None:
    assert await refusal(client.api_call("chat.shout")) == {
        "ok": False,
        "error": "unknown_method",
        "req_method": "chat.shout",
    }


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"channel": "C9", "text": "Hoi"}, "channel_not_found"),
        ({"channel": "C2", "text": "Hoi"}, "not_in_channel"),
        ({"channel": "C1"}, "no_text"),
        ({"channel": "C1", "text": ""}, "no_text"),
        ({"channel": "C1", "text": "a" * 40_001}, "msg_too_long"),
        ({"channel": "C1", "text": "a", "blocks": {}}, "invalid_blocks_format"),
        ({"channel": "C1", "text": "a", "blocks": [section("a" * 2900)] * 5}, "msg_blocks_too_long"),
        ({"text": "Hoi"}, "invalid_arguments"),
    ],
)
async def test_a_message_that_cannot_be_posted_is_refused(client: AsyncWebClient, message: Json, error: str) -> None:
    assert (await refusal(client.api_call("chat.postMessage", json=message)))["error"] == error


async def test_an_update_without_blocks_keeps_the_old_ones(slack: FakeSlack, client: AsyncWebClient) -> None:
    ts = (await client.chat_postMessage(channel="C1", text="een", blocks=[section()]))["ts"]
    await client.chat_update(channel="C1", ts=ts, text="twee")
    (message,) = slack.messages("C1")
    assert (message["text"], len(message["blocks"])) == ("twee", 1)
    await client.chat_update(channel="C1", ts=ts, text="drie", blocks=[])
    assert slack.messages("C1")[0]["blocks"] == []


async def test_only_own_messages_that_exist_can_be_changed(slack: FakeSlack, client: AsyncWebClient) -> None:
    theirs = slack.say("van Bram")["ts"]
    ephemeral = (await client.chat_postEphemeral(channel="C1", user="U1", text="alleen jij"))["message_ts"]
    for ts, error in ((theirs, "cant_update_message"), (ephemeral, "message_not_found"), ("1.2", "message_not_found")):
        assert (await refusal(client.chat_update(channel="C1", ts=ts, text="x")))["error"] == error
    mine = (await client.chat_postMessage(channel="C1", text="weg"))["ts"]
    assert (await refusal(client.chat_update(channel="C1", ts=mine, text="a" * 4001)))["error"] == "msg_too_long"
    await client.chat_delete(channel="C1", ts=mine)
    assert (await refusal(client.chat_delete(channel="C1", ts=mine)))["error"] == "message_not_found"


async def test_a_thread_can_be_read_and_linked_to(slack: FakeSlack, client: AsyncWebClient) -> None:
    ts = slack.say("Wie helpt?", channel="C1")["ts"]
    await client.chat_postMessage(channel="C1", thread_ts=ts, text="Ik")
    thread = await client.conversations_replies(channel="C1", ts=ts)
    assert [message["text"] for message in thread["messages"]] == ["Wie helpt?", "Ik"]
    link = await client.chat_getPermalink(channel="C1", message_ts=ts)
    assert link["permalink"].endswith(f"/archives/C1/p{ts.replace('.', '')}")
    await client.reactions_add(channel="C1", timestamp=ts, name="eyes")
    again = client.reactions_add(channel="C1", timestamp=ts, name="eyes")
    assert (await refusal(again))["error"] == "already_reacted"


async def test_people_and_channels_can_be_looked_up(client: AsyncWebClient) -> None:
    assert (await client.auth_test())["user_id"] == "UBOT"
    assert (await client.bots_info(bot="BBOT"))["bot"]["app_id"] == "A1"
    assert "locale" not in (await client.users_info(user="U2"))["user"]
    assert (await client.users_info(user="U2", include_locale=True))["user"]["locale"] == "en-GB"
    assert (await client.conversations_info(channel="C2"))["channel"]["is_member"] is False
    assert (await client.conversations_open(users="U2"))["channel"]["id"] == "D2"
    assert (await refusal(client.users_info(user="U9")))["error"] == "user_not_found"


async def test_a_missing_scope_is_named() -> None:
    async with FakeSlack(scopes=ALL_SCOPES - {"users:read"}) as slack:
        answer = await refusal(client_of(slack).users_info(user="U1"))
        assert (answer["error"], answer["needed"]) == ("missing_scope", "users:read")


async def test_waiting_for_what_does_not_come_tells_what_did(slack: FakeSlack, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel="C1", text="Hoi")
    with pytest.raises(AssertionError, match=r'chat\.postMessage .*"Hoi".* -> 200 ok'):
        await slack.wait_for("chat.update", timeout=0.05)
    with pytest.raises(AssertionError, match="1 of 2 fitting calls"):
        await slack.wait_for("chat.postMessage", count=2, timeout=0.05)


# Faults


async def test_a_rate_limited_call_is_told_when_to_try_again(slack: FakeSlack, client: AsyncWebClient) -> None:
    slack.rate_limit("chat.postMessage", times=1, retry_after=30)
    with pytest.raises(SlackApiError) as error:
        await client.chat_postMessage(channel="C1", text="Hoi")
    assert error.value.response.status_code == 429
    assert error.value.response.headers["Retry-After"] == "30"
    assert error.value.response["error"] == "ratelimited"
    await client.chat_postMessage(channel="C1", text="Hoi")


async def test_a_client_that_waits_gets_through_a_rate_limit(slack: FakeSlack) -> None:
    slack.rate_limit("chat.postMessage", times=1, retry_after=1)
    started = time.monotonic()
    patient = client_of(slack, retry_handlers=[AsyncRateLimitErrorRetryHandler()])
    await patient.chat_postMessage(channel="C1", text="Hoi")
    assert time.monotonic() - started >= 1
    assert len(slack.calls_of("chat.postMessage")) == 2
    assert len(slack.messages("C1")) == 1


async def test_a_fault_ends_after_its_times_and_hits_its_method_only(slack: FakeSlack, client: AsyncWebClient) -> None:
    slack.fail("chat.postMessage", "internal_error", times=2)
    await client.auth_test()
    for _ in range(2):
        assert (await refusal(client.chat_postMessage(channel="C1", text="Hoi")))["error"] == "internal_error"
    await client.chat_postMessage(channel="C1", text="Hoi")


async def test_a_broken_connection_gives_no_answer(slack: FakeSlack, client: AsyncWebClient) -> None:
    slack.break_connection("chat.postMessage")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.chat_postMessage(channel="C1", text="Hoi")
    assert slack.calls_of("chat.postMessage")[0].answer is None
    assert slack.messages() == []


async def test_a_lost_answer_and_the_default_retry_post_twice(slack: FakeSlack) -> None:
    slack.break_connection("chat.postMessage", after_work=True)
    default = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
    await default.chat_postMessage(channel="C1", text="Hoi")
    assert len(slack.messages("C1")) == 2


async def test_an_outage_answers_with_a_page(slack: FakeSlack, client: AsyncWebClient) -> None:
    slack.server_error("*", status=503)
    with pytest.raises(SlackApiError) as error:
        await client.auth_test()
    assert error.value.response.status_code == 503


async def test_a_slow_answer_exceeds_the_patience_of_a_client(slack: FakeSlack) -> None:
    slack.slow("chat.postMessage", seconds=1.5)
    with pytest.raises(asyncio.TimeoutError):
        await client_of(slack, timeout=1).chat_postMessage(channel="C1", text="Hoi")
    await slack.wait_for("chat.postMessage", where=lambda call: call.ok, timeout=2)
    assert len(slack.messages("C1")) == 1  # it was posted all the same


async def test_while_down_connections_are_refused_and_afterwards_all_is_as_before(slack: FakeSlack) -> None:
    async with aiohttp.ClientSession() as session:  # keeps its connections open
        client = client_of(slack, session=session)
        await client.chat_postMessage(channel="C1", text="voor")
        await slack.go_down()
        for _ in range(3):
            with pytest.raises(aiohttp.ClientConnectionError):
                await client.chat_postMessage(channel="C1", text="tijdens")
        await slack.come_back()
        await client.chat_postMessage(channel="C1", text="na")
    assert [message["text"] for message in slack.messages("C1")] == ["voor", "na"]


# Views


async def test_a_trigger_opens_one_modal_within_three_seconds(slack: FakeSlack, client: AsyncWebClient) -> None:
    view = modal(field("email", "E-mail"))
    assert (await refusal(client.views_open(trigger_id="1.2.x", view=view)))["error"] == "invalid_trigger_id"
    trigger = slack.slash_command("/advies")["trigger_id"]
    await client.views_open(trigger_id=trigger, view=view)
    assert (await refusal(client.views_open(trigger_id=trigger, view=view)))["error"] == "exchanged_trigger_id"
    late = slack.slash_command("/advies")["trigger_id"]
    slack.workspace.triggers[late].issued -= 3.1
    assert (await refusal(client.views_open(trigger_id=late, view=view)))["error"] == "expired_trigger_id"


async def test_a_modal_is_updated_unless_somebody_was_first(slack: FakeSlack, client: AsyncWebClient) -> None:
    trigger = slack.slash_command("/advies")["trigger_id"]
    view = (await client.views_open(trigger_id=trigger, view=modal(section("een"), external_id="form")))["view"]
    await client.views_update(view_id=view["id"], hash=view["hash"], view=modal(section("twee")))
    late = client.views_update(view_id=view["id"], hash=view["hash"], view=modal(section("drie")))
    assert (await refusal(late))["error"] == "hash_conflict"
    assert slack.modals()[0]["blocks"][0]["text"]["text"] == "twee"
    assert (await refusal(client.views_update(view_id="V0", view=modal(section()))))["error"] == "not_found"


async def test_a_home_tab_needs_a_user_and_a_home_view(slack: FakeSlack, client: AsyncWebClient) -> None:
    home = {"type": "home", "blocks": [section("Welkom")]}
    await client.views_publish(user_id="U1", view=home)
    tab = slack.home_tab("U1")
    assert tab is not None
    assert slack.app_home_opened_event("U1")["event"]["view"]["id"] == tab["id"]
    assert (await refusal(client.views_publish(user_id="U9", view=home)))["error"] == "invalid_arguments"
    assert (await refusal(client.views_publish(user_id="U1", view=modal(section()))))["error"] == "invalid_arguments"
    titled = {**home, "title": plain("Klantkompas")}
    assert "invalid additional property: title [json-pointer:/view]" in problems_in_view(titled)


# Response URLs


async def test_a_response_url_takes_five_answers(slack: FakeSlack) -> None:
    hook = AsyncWebhookClient(slack.slash_command("/advies", "hoi", channel="C2")["response_url"])
    for number in range(4):
        assert (await hook.send(text=f"alleen jij {number}")).status_code == 200
    await hook.send(text="iedereen", response_type="in_channel")
    assert len(slack.ephemerals("U1")) == 4
    assert [message["text"] for message in slack.messages("C2")] == ["iedereen"]
    sixth = await hook.send(text="te veel")
    assert (sixth.status_code, "used_url" in sixth.body) == (404, True)
    assert len(slack.calls_of("response_url")) == 6


async def test_a_response_url_replaces_and_deletes_the_message_it_is_about(
    slack: FakeSlack, client: AsyncWebClient
) -> None:
    await client.chat_postEphemeral(channel="C1", user="U1", text="Deel dit?", blocks=[actions(button())])
    press = slack.block_action(slack.ephemerals("U1")[0], "yes")
    assert "message" not in press
    assert press["container"]["is_ephemeral"] is True
    hook = AsyncWebhookClient(press["response_url"])
    bad = await hook.send(blocks=[section("")], replace_original=True)
    assert (bad.status_code, "invalid_blocks" in bad.body) == (400, True)
    await hook.send(text="Gedeeld", replace_original=True)
    assert [message["text"] for message in slack.ephemerals("U1")] == ["Gedeeld"]
    await hook.send_dict({"delete_original": True})
    assert slack.ephemerals("U1") == []


# Socket Mode


@pytest.fixture
async def app(slack: FakeSlack) -> AsyncIterator[AsyncApp]:
    """A bolt app that is connected by Socket Mode."""
    app = bolt(slack)
    handler = AsyncSocketModeHandler(app, slack.app_token, ping_interval=0.2)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await slack.socket_connected()
    yield app
    await handler.close_async()  # type: ignore[no-untyped-call]
    await handler.client.aiohttp_client_session.close()


async def test_an_event_is_acknowledged_and_answered_in_its_thread(slack: FakeSlack, app: AsyncApp) -> None:
    @app.event("app_mention")
    async def on_mention(event: Json, say: Any) -> None:
        await say(text="Hoi terug", thread_ts=event["ts"])

    mention = slack.app_mention_event("hoi")
    acked = await slack.acked(await slack.send(mention))
    assert acked.payload is None
    assert acked.seconds < 3
    await slack.wait_for("chat.postMessage")
    assert slack.messages("C1")[-1]["thread_ts"] == mention["event"]["ts"]
    assert slack.unexpected == []


async def test_a_command_and_a_form_are_acknowledged_with_their_answer(slack: FakeSlack, app: AsyncApp) -> None:
    @app.command("/advies")
    async def on_command(ack: Any, command: Json, client: AsyncWebClient) -> None:
        await ack(text="Vul maar in")
        form = modal(field("email", "E-mail"), callback_id="form")
        await client.views_open(trigger_id=command["trigger_id"], view=form)

    @app.view("form")
    async def on_form(ack: Any) -> None:
        await ack(response_action="errors", errors={"email": "Dit is geen e-mailadres."})

    envelope = await slack.send(slack.slash_command("/advies"))
    assert slack.envelopes[envelope].body["accepts_response_payload"] is True
    assert (await slack.acked(envelope)).payload == {"text": "Vul maar in"}
    await slack.wait_for("views.open", where=lambda call: call.ok)
    (view,) = slack.modals()
    acked = await slack.acked(await slack.send(slack.view_submission(view, {"email": "anna"})))
    assert problems_in_submission_answer(view, acked.payload) == []
    assert acked.payload == {"response_action": "errors", "errors": {"email": "Dit is geen e-mailadres."}}


async def test_what_nobody_handles_is_not_acknowledged(slack: FakeSlack, app: AsyncApp) -> None:
    envelope = await slack.send(slack.slash_command("/onbekend"))
    with pytest.raises(AssertionError, match=r"not acknowledged within 0\.2 s.*/onbekend"):
        await slack.acked(envelope, timeout=0.2)


async def test_a_repeated_event_tells_that_it_is_one(slack: FakeSlack, app: AsyncApp) -> None:
    seen: list[tuple[str, Any]] = []

    @app.event("message")
    async def on_message(body: Json, request: Any) -> None:
        seen.append((body["event_id"], request.headers.get("x-slack-retry-num", ["0"])[0]))

    event = slack.message_event("hoi")
    await slack.acked(await slack.send(event))
    await slack.acked(await slack.send(event, retry_attempt=1, retry_reason="timeout"))
    await wait_until(lambda: len(seen) == 2, 3, lambda: str(seen))
    assert sorted(seen) == [(event["event_id"], "0"), (event["event_id"], "1")]


async def test_after_a_cut_the_app_connects_again(slack: FakeSlack, app: AsyncApp) -> None:
    app.command("/advies")(acknowledge)
    slack.drop_socket()
    with pytest.raises(AssertionError, match="no websocket is open"):
        await slack.send(slack.slash_command("/advies"))
    await slack.socket_connected()
    await slack.acked(await slack.send(slack.slash_command("/advies")))
    assert slack.sockets_opened == 2


async def test_an_app_that_is_told_to_disconnect_comes_back_on_a_new_socket(slack: FakeSlack, app: AsyncApp) -> None:
    app.command("/advies")(acknowledge)
    await slack.disconnect("refresh_requested")
    await wait_until(lambda: slack.sockets_opened == 2, 5, lambda: "no second socket")
    await slack.acked(await slack.send(slack.slash_command("/advies")))


async def test_an_app_outlives_an_outage_of_slack(slack: FakeSlack, app: AsyncApp) -> None:
    app.command("/advies")(acknowledge)
    await slack.go_down()
    await asyncio.sleep(0.3)
    await slack.come_back()
    await slack.socket_connected(timeout=10)
    await slack.acked(await slack.send(slack.slash_command("/advies")))


async def test_a_socket_needs_an_app_token_and_a_ticket(slack: FakeSlack, client: AsyncWebClient) -> None:
    answer = await refusal(client.apps_connections_open(app_token=slack.bot_token))
    assert answer["error"] == "not_allowed_token_type"
    url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as socket:
            assert (await socket.receive_json())["type"] == "hello"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


# For a human to read

TRANSCRIPT = """\
=== #marketing (C1) ===

anna
    @klantkompas bezoekers & geen <bestellingen>

    klantkompas
        # Do: gekozen worden
        Mensen haken *af*, zie dit <https://a.nl>
        - Kanaal: mail
        - Doel: klik
        ----------------------------------------
        [ Welke kanalen? ] [ Andere fase v: Think | Do ]
        ( Reden: “niemand bestelt” · Bron: @anna )

bram
    Iets anders

klantkompas (only anna sees this)
    Alleen voor jou

=== direct message with bram (D2) ===

klantkompas (edited)
    daarna

=== modal ===

# Afspraak
E-mail (optional): ____naam@bedrijf.nl____
[ Niet nu ] [ Stuur ]

=== home tab of anna ===

Welkom
"""


async def test_the_transcript_shows_what_people_see(slack: FakeSlack, client: AsyncWebClient) -> None:
    question = slack.app_mention_event(typed("bezoekers & geen <bestellingen>"))["event"]
    slack.say("Iets anders", user="U2")
    blocks = [
        {"type": "header", "text": plain("Do: gekozen worden")},
        {
            **section("Mensen haken *af*, zie <https://a.nl|dit>"),
            "fields": [mrkdwn("Kanaal: mail"), mrkdwn("Doel: klik")],
        },
        {"type": "divider"},
        actions(button("Welke kanalen?"), menu(option("Think"), option("Do", "do"), placeholder=plain("Andere fase"))),
        {"type": "context", "elements": [mrkdwn("Reden: “niemand bestelt”"), mrkdwn("Bron: <@U1>")]},
    ]
    await client.chat_postMessage(channel="C1", thread_ts=question["ts"], text="Do", blocks=blocks)
    await client.chat_postEphemeral(channel="C1", user="U1", text="Alleen voor jou")
    await client.chat_postMessage(channel="D2", text="eerst")
    await client.chat_update(channel="D2", ts=slack.messages("D2")[0]["ts"], text="daarna")
    trigger = slack.slash_command("/advies")["trigger_id"]
    email = field("email", "E-mail", optional=True, placeholder=plain("naam@bedrijf.nl"))
    await client.views_open(trigger_id=trigger, view=modal(email, close=plain("Niet nu")))
    await client.views_publish(user_id="U1", view={"type": "home", "blocks": [section("Welkom")]})
    assert slack.transcript() == TRANSCRIPT
    assert "direct message" not in slack.transcript("C1")
