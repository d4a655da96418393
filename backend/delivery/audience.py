"""Who may be told of an event on their open phone. Pure."""

import enum

from backend.core.events import Entry, Event
from backend.identity.actor import Actor
from backend.identity.capabilities import CAPABILITIES
from backend.identity.models import Role

_PERSONAL = {"rectification", "report", "checkin"}
"""Subjects of which a worker learns only what concerns them."""
_NAMED_ALONE = {"course", "duty", "duty_score", "safety_report", "source_day", "feedback", "retention", "channel"}
"""Subjects of which nobody learns but who is named: what one has to learn, duties not done and answers to them,
feedback."""
_CAPABILITY = {
    "alarm": "alarms.see",
    "incident": "incidents.see",
    "duty": "incidents.see",
    "duty_score": "duty.see",
    "trace": "traces.see",
    "normal": "normals.see",
    "trace_model": "trace_models.see",
    "lesson": "lessons.see",
    "rectification": "rectifications.see",
    "report": "reports.send",
    "checkin": "checkins.see",
    "rule": "rules.see",
    "plant": "plant.see",
    "point": "plant.see",
    "equipment": "plant.see",
    "area": "plant.see",
    "course": "training.see",
    "maintenance": "maintenance.see",
    "safety_report": "operations.report",
    "source_day": "data.see",
    "risk": "risks.see",
    "feedback": "feedback.give",
    "retention": "retention.see",
    "channel": "channels.see",
}
"""Subject of an event → what one must be able to see. Events of other subjects stay inside."""


class Told(enum.Enum):
    """Who of those with one role at one site may be told."""

    NOBODY = enum.auto()
    ALL = enum.auto()
    SOME = enum.auto()
    """It depends on the person."""


def may_role_be_told(site_id: int, role: Role, event: Event | Entry) -> Told:
    """Who may learn of ``event``: those of its site who may see such things; of workers some, for what is personal,
    and of what concerns people by name nobody else."""
    capability = _CAPABILITY.get(event.subject)
    if event.site_id != site_id or capability is None or role not in CAPABILITIES[capability]:
        return Told.NOBODY
    some = event.subject in _NAMED_ALONE or (event.subject in _PERSONAL and role == Role.WORKER)
    return Told.SOME if some else Told.ALL


def may_be_told(actor: Actor, event: Event | Entry) -> bool:
    """Whether ``actor`` may learn of ``event``. A worker learns of rectifications and reports that concern them only:
    their own, their team's, or those they are addressed with."""
    told = may_role_be_told(actor.site_id, actor.role, event)
    if told is not Told.SOME:
        return told is Told.ALL
    team = event.data.get("team_id")
    return actor.person_id in event.data.get("told", []) or (team is not None and team == actor.team_id)
