"""Rectifications and people as the rules of ``lifecycle`` see them."""

from backend.hazards.lifecycle import Case, Somebody
from backend.hazards.models import Rectification, RectificationState
from backend.identity.actor import Actor


def somebody(actor: Actor) -> Somebody:
    """The actor as the rules see them."""
    return Somebody(actor.person_id, actor.role, actor.team_id)


def case_of(rectification: Rectification, owner_team_id: int | None, whole_owner_id: int | None = None) -> Case:
    """The rectification as the rules see it; a part needs the owner of its whole."""
    return Case(
        RectificationState(rectification.state),
        rectification.level,
        rectification.owner_id,
        owner_team_id,
        rectification.opened_by,
        rectification.submitted_by,
        rectification.extension_by,
        whole_owner_id,
    )
