"""Requests: made in a form in Slack, and arriving in the team's channel from anywhere."""

from __future__ import annotations

from datetime import date

from bot.forms.request import Request
from bot.storage.requests import RequestStore, StoredRequest
from tests.slack.team import REQUESTS, Team, button_of, text_of
from tests.slack.workspace import Json
from tests.support.waiting import wait_until


def store_of(team: Team) -> RequestStore:
    return RequestStore(team.server.intake_db)


def stored(team: Team, user: str) -> list[StoredRequest]:
    return [s for s in store_of(team).all() if user[1:] in s.request.conversation]


async def open_form(team: Team, question: str, title: str, locale: str = "nl-NL") -> tuple[str, str, Json]:
    """Somebody asks, presses a button under the answer, and has the form before them."""
    user, direct = team.newcomer(locale)
    await team.send(team.slack.message_event(question, channel=direct, user=user))
    await team.posts(1, channel=direct)
    message = team.last_post(direct)
    button = button_of(message, title)
    views = team.slack.workspace.views
    views.clear()
    await team.send(team.slack.block_action(message, button["action_id"], button["value"], user=user))
    (view,) = await wait_until(lambda: list(views.values()), explain=team.slack.all_calls)
    return user, direct, view


def a_request(team: Team, number: str) -> int:
    """A visitor of the website makes a request."""
    fields = {"competitor_url": f"https://{number}.nl", "email": "karin@zaak.nl"}
    request = Request("competitor_check", f"website-{number}", "nl", "do", fields, date(2026, 11, 30), "we bewaren dit")
    return store_of(team).add(request)[0]


async def arrived(team: Team, number: int, timeout: float = 20) -> list[Json]:
    """The posts of a request in the team's channel, once there is one."""

    def found() -> list[Json]:
        return [m for m in team.slack.workspace.messages(REQUESTS) if f"nummer {number}" in str(m["text"])]

    await wait_until(lambda: bool(found()), timeout, team.slack.all_calls)
    return found()


async def test_a_form_explains_what_is_wrong_under_its_fields(team: Team) -> None:
    user, _, view = await open_form(team, "we krijgen bezoekers maar niemand bestelt", "Gratis concurrentiecheck")
    wrong = {"competitor_url": "die van hiernaast", "email": "karin@", "consent": []}
    answer = await team.send(team.slack.view_submission(view, wrong, user=user))
    told = answer.json()
    assert told["response_action"] == "errors"
    assert set(told["errors"]) == {"competitor_url", "email", "consent"}
    assert "naam@bedrijf.nl" in told["errors"]["email"]
    assert stored(team, user) == []


async def test_a_form_is_stored_confirmed_and_arrives_in_the_channel(team: Team) -> None:
    user, direct, view = await open_form(team, "we krijgen bezoekers maar niemand bestelt", "Gratis concurrentiecheck")
    right = {"competitor_url": "www.rivaal.nl", "email": "karin@zaak.nl", "consent": ["yes"]}
    answer = await team.send(team.slack.view_submission(view, right, user=user))
    assert answer.status_code == 200
    assert not answer.text
    (found,) = stored(team, user)
    assert found.request.fields == {"competitor_url": "https://www.rivaal.nl", "email": "karin@zaak.nl"}
    assert found.request.phase == "do"
    assert found.request.consent_text
    posts = await team.posts(2, channel=direct)
    assert f"nummer is {found.number}" in text_of(posts[1])
    (post,) = await arrived(team, found.number)
    said = text_of(post)
    for part in ("karin@zaak.nl", "https://www.rivaal.nl", "Uiterlijk", "Do", "Slack"):
        assert part in said


async def test_a_request_that_is_typed_can_be_finished_in_the_form(team: Team) -> None:
    user, direct, view = await open_form(team, "I'd like to make an appointment", "Fill in the form", "en-GB")
    fields = {"name": "Karin de Boer", "contact": "06 12345678", "moment": "Tuesday morning"}
    await team.send(team.slack.view_submission(view, fields, user=user))
    (found,) = stored(team, user)
    assert found.request.kind == "appointment"
    assert found.request.language == "en"
    posts = await team.posts(2, channel=direct)
    assert "Your request has been sent" in text_of(posts[1])
    await team.send(team.slack.message_event("what is SEO?", channel=direct, user=user))
    posts = await team.posts(3, channel=direct)
    assert "Back to your request" not in text_of(posts[2])


async def test_a_request_can_be_typed_to_its_end_too(team: Team) -> None:
    user, direct = team.newcomer()
    said = ["doe een check van www.rivaal.nl", "<mailto:jan@zaak.nl|jan@zaak.nl>", "ja", "ja"]
    for number, text in enumerate(said, start=1):
        await team.send(team.slack.message_event(text, channel=direct, user=user))
        await team.posts(number, channel=direct)
    (found,) = stored(team, user)
    assert found.request.fields["email"] == "jan@zaak.nl"


async def test_a_request_of_the_website_arrives_and_is_picked_up_and_finished(team: Team) -> None:
    number = a_request(team, "opgepakt")
    (post,) = await arrived(team, number)
    assert "de website" in text_of(post)
    take = button_of(post, "Ik pak dit op")
    await team.send(team.slack.block_action(post, take["action_id"], take["value"], user="U2"))
    await team.slack.wait_for("chat.update", 1, where=lambda call: call.ok)
    (post,) = await arrived(team, number)
    assert "<@U2> pakt dit op" in text_of(post)
    assert "Ik pak dit op" not in str(post["blocks"])
    finish = button_of(post, "Afgehandeld")
    await team.send(team.slack.block_action(post, finish["action_id"], finish["value"], user="U1"))
    await team.slack.wait_for("chat.update", 2, where=lambda call: call.ok)
    (post,) = await arrived(team, number)
    assert "Afgehandeld door <@U1>" in text_of(post)
    assert not [block for block in post["blocks"] if block["type"] == "actions"]
    assert store_of(team).state(number).status == "done"


async def test_a_request_made_while_slack_is_down_arrives_once(team: Team) -> None:
    await team.slack.go_down()
    number = a_request(team, "storing")
    await wait_until(lambda: "posting requests in Slack" in team.log, 20, lambda: team.log)
    await team.slack.come_back()
    await arrived(team, number, timeout=40)
    await arrived(team, a_request(team, "daarna"))  # requests are posted in order: a second post would stand before it
    assert len(await arrived(team, number)) == 1
    await team.slack.socket_connected(60)
    team.new_log()


async def test_a_request_whose_confirmation_is_lost_on_the_way_is_not_posted_again(team: Team) -> None:
    team.slack.break_connection("chat.postMessage", after_work=True)
    number = a_request(team, "kwijt")
    await arrived(team, number)
    await team.slack.wait_for("conversations.history", 1, timeout=20, where=lambda call: call.ok)
    await arrived(team, a_request(team, "daarop"))
    assert len(await arrived(team, number)) == 1


async def test_a_rate_limited_request_arrives_when_it_may(team: Team) -> None:
    team.slack.rate_limit("chat.postMessage", times=1, retry_after=2)
    number = a_request(team, "druk")
    assert len(await arrived(team, number)) == 1


async def test_a_request_that_slack_does_not_take_holds_no_other_back(team: Team) -> None:
    team.slack.fail("chat.postMessage", "invalid_blocks")
    refused, other = a_request(team, "geweigerd"), a_request(team, "ernaast")
    await arrived(team, refused, timeout=20)
    await arrived(team, other)
    tried = [call.arguments["metadata"]["event_payload"]["number"] for call in team.slack.calls_of("chat.postMessage")]
    assert tried == [refused, other, refused]


async def test_buttons_of_a_request_work_though_slack_hiccups(team: Team) -> None:
    number = a_request(team, "hik")
    (post,) = await arrived(team, number)
    team.slack.server_error("chat.update", times=1)
    take = button_of(post, "Ik pak dit op")
    await team.send(team.slack.block_action(post, take["action_id"], take["value"], user="U2"))
    await team.slack.wait_for("chat.update", 1, timeout=20, where=lambda call: call.ok)
    assert "<@U2>" in text_of((await arrived(team, number))[0])


async def test_a_button_under_a_deleted_request_takes_its_facts_out_of_slack_too(team: Team) -> None:
    number = a_request(team, "gewist")
    (post,) = await arrived(team, number)
    assert "karin@zaak.nl" in str(post["blocks"])
    store_of(team).delete([number])
    take = button_of(post, "Ik pak dit op")
    await team.send(team.slack.block_action(post, take["action_id"], take["value"], user="U2"))
    await team.slack.wait_for("chat.update", 1, where=lambda call: call.ok)
    (post,) = await arrived(team, number)
    assert "is gewist" in text_of(post)
    assert "karin@zaak.nl" not in str(post)
