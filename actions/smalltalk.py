"""Actions around the advice."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rasa_sdk.events import SlotSet

from actions.advice import named_in
from actions.diagnosis import perhaps_a_problem
from actions.requests import forget_fields
from actions.turn import AnswerAction, Event, Turn
from bot.advice import diagnosis, phases, smalltalk
from bot.advice.answer import Answer
from bot.advice.language import asked_for
from bot.advice.situation import Situation
from bot.nlu.scope import LIKELIER_THAN_NOT
from bot.settings import settings

FEW_WORDS = 5


class Smalltalk(AnswerAction):
    """Greetings, thanks, help and the like: an answer for each intent."""

    action_name = "action_smalltalk"

    ANSWERS: ClassVar[dict[str, Callable[[Situation], Answer]]] = {
        "greet": smalltalk.greet,
        "goodbye": smalltalk.goodbye,
        "thank": smalltalk.thank,
        "bot_challenge": smalltalk.bot_challenge,
        "help": smalltalk.help_,
        "request_human": smalltalk.contact,
        "cancel": smalltalk.nothing_to_cancel,
        "out_of_scope": smalltalk.unknown,
        "empty_message": smalltalk.empty_message,
    }

    def answer(self, turn: Turn) -> Answer:
        """What belongs to the intent."""
        if turn.intent == "too_long":
            return smalltalk.too_long(turn.situation, settings().max_message_length)
        if turn.intent == "out_of_scope":
            # "ik ben tandarts", "en de afweging?": few words say little to the classifier, a name in them much.
            # The same goes for a message that it doubts.
            doubted = turn.confidence < LIKELIER_THAN_NOT
            named = named_in(turn) if doubted or len(turn.text.split()) <= FEW_WORDS else None
            return named or perhaps_a_problem(turn) or smalltalk.unknown(turn.situation)
        return self.ANSWERS.get(turn.intent, smalltalk.unknown)(turn.situation)


class Affirm(AnswerAction):
    """A yes."""

    action_name = "action_affirm"

    def answer(self, turn: Turn) -> Answer:
        """After a diagnosis, which gave the first steps: on to the channels. Else: what next?"""
        situation = turn.situation
        if turn.tracker.get_slot("awaiting") == "fit" and situation.phase:
            return phases.advise("channels", situation.phase, situation)
        return smalltalk.affirm(situation)


class Deny(AnswerAction):
    """A no."""

    action_name = "action_deny"

    def answer(self, turn: Turn) -> Answer:
        """After a diagnosis the visitor is believed: the other phases are offered. After "anything else?": goodbye."""
        if turn.tracker.get_slot("awaiting") == "fit":
            return diagnosis.corrected(turn.situation)
        if turn.tracker.get_slot("awaiting") == "more":
            return smalltalk.goodbye(turn.situation)
        return smalltalk.deny(turn.situation)


class SwitchLanguage(AnswerAction):
    """Asked for another language."""

    action_name = "action_switch_language"

    def answer(self, turn: Turn) -> Answer:
        """On in the language that is named."""
        wanted = asked_for(turn.text, turn.situation.knowledge, turn.language)
        return smalltalk.switched(turn.said_in(wanted) if wanted else turn.situation, wanted)


class StartOver(AnswerAction):
    """Asked to begin again."""

    action_name = "action_start_over"
    ends_form = True

    def answer(self, turn: Turn) -> Answer:
        """The opening question."""
        return smalltalk.start_over(turn.situation)

    def events(self, turn: Turn) -> list[Event]:
        """What was known of the problem is forgotten; the kind of business and the language stay."""
        return [SlotSet("phase", None), SlotSet("topic", None), SlotSet("about", None), *forget_fields()]
