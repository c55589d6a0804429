"""Deletes one conversation when its visitor asks for it in the chat."""

from __future__ import annotations

import logging

from bot.services import Services
from bot.storage.tracker_events import TrackerEvents

logger = logging.getLogger(__name__)


def erase(conversation: str, services: Services, before: int | None = None) -> None:
    """Deletes the requests, plans, hand-overs, tracker events and messages of a conversation.

    Posts in Slack, backups and exports are not reached.

    Args:
        conversation: Its id.
        services: Give the stores.
        before: Delete the messages before this position only, so that positions go on; None for all.

    Raises:
        StorageError: A store failed; what it holds is not deleted.
    """
    requests = services.requests.delete_of(conversation)
    messages = services.messages.delete_of(conversation, before)
    plans = services.plans.delete([conversation])
    handovers = services.handovers.delete([conversation])
    events = TrackerEvents(services.settings.conversations_db)
    deleted = events.delete([conversation])
    for store in (services.requests, services.messages, events):
        store.database.checkpoint()
    logger.info(
        "conversation erased: %s requests, %s plans, %s hand-overs, %s messages, %s tracker events",
        requests,
        plans,
        handovers,
        messages,
        deleted,
    )
