"""The custom actions by name, and how Rasa calls them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import advice, diagnosis, requests, session, smalltalk
from actions.requests import FORM_SLOTS
from actions.turn import Action, Event, Turn, answering
from bot.forms.fields import FIELDS, FORMS
from bot.presentation import markdown
from bot.services import Services

SdkAction = Callable[[CollectingDispatcher, Tracker, dict[str, Any]], Awaitable[list[Event]]]
"""What rasa_sdk's ActionExecutor registers."""

SHELL = "cmdline"
"""Name of the channel of `rasa shell`, which would print the structured answer below the text."""

ACTIONS: Mapping[str, Action] = {
    "action_session_start": session.start,
    "action_diagnose": answering(diagnosis.diagnose),
    "action_fallback": answering(diagnosis.fallback),
    "action_note_details": answering(diagnosis.note_details),
    "action_advise": answering(advice.advise),
    "action_first_steps": answering(advice.first_steps),
    "action_explain_phase": answering(advice.explain_phase),
    "action_explain_journey": answering(advice.explain_journey),
    "action_why_not_only_do": answering(advice.why_not_only_do),
    "action_channel_fit": answering(advice.channel_fit),
    "action_explain_metric": answering(advice.explain_metric),
    "action_faq": answering(advice.faq),
    "action_follow_up": answering(advice.follow_up),
    "action_answer_move": answering(advice.move),
    "action_smalltalk": answering(smalltalk.smalltalk),
    "action_quickscan": answering(advice.scan),
    "action_affirm": answering(smalltalk.affirm),
    "action_deny": answering(smalltalk.deny),
    "action_switch_language": answering(smalltalk.switch_language),
    "action_start_over": answering(
        smalltalk.start_over, ends_form=True, resets=("phase", "topic", "about", "case", *FORM_SLOTS)
    ),
    "action_submit_request": requests.submit,
    "action_cancel_request": answering(requests.cancelled, ends_form=True, resets=FORM_SLOTS),
    **{f"action_ask_{name}": requests.ask(field) for name, field in FIELDS.items()},
    **{f"validate_{kind}_form": requests.validate(kind) for kind in FORMS},
}


def sdk_actions(services: Services, *, with_text: bool = False) -> dict[str, SdkAction]:
    """All actions as rasa_sdk calls them.

    Args:
        services: Passed to each action.
        with_text: Also send each answer as text and buttons, for Rasa's own channels. Ours render the structured
            answer themselves.
    """
    return {name: _sdk_action(action, services, with_text) for name, action in ACTIONS.items()}


def _sdk_action(action: Action, services: Services, with_text: bool) -> SdkAction:
    async def run(dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Event]:
        result = await action(Turn(tracker, services))
        for answer in result.answers:
            content: dict[str, Any] = {"json_message": answer.as_json()}
            if with_text:
                rendered = markdown.render(answer)
                content |= {"text": rendered.text, "buttons": rendered.buttons}
                if tracker.get_latest_input_channel() == SHELL:
                    del content["json_message"]
            dispatcher.utter_message(**content)
        return list(result.events)

    return run
