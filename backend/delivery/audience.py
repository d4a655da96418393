"""Who may be told of an event on their open phone. Pure."""

from backend.core.events import Entry, Event
from backend.identity.actor import Actor
from backend.identity.models import Role

_CAPABILITY = {
    "alarm": "alarms.see",
    "trace": "traces.see",
    "rectification": "rectifications.see",
    "rule": "rules.see",
    "point": "plant.see",
    "equipment": "plant.see",
}
"""Subject of an event → what one must be able to see. Events of other subjects stay inside."""


def may_be_told(actor: Actor, event: Event | Entry) -> bool:
    """Whether ``actor`` may learn of ``event``: same site, may see such things, and for a worker's
    rectifications only when it concerns them (their own, their team's, or they are addressed)."""
    capability = _CAPABILITY.get(event.subject)
    if event.site_id != actor.site_id or capability is None or not actor.can(capability):
        return False
    if event.subject != "rectification" or actor.role != Role.WORKER:
        return True
    team = event.data.get("team_id")
    return actor.person_id in event.data.get("told", []) or (team is not None and team == actor.team_id)
