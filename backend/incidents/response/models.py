"""Tables of the response: a site's own plans in versions, the steps that were ticked."""

import enum
from typing import Any

from sqlalchemy import Index, UniqueConstraint

from backend.core.tables import SiteScoped, Stamped, document, identity_key, reference


class IncidentPlan(SiteScoped, Stamped, table=True):
    """A version of a site's own plan for one kind of incident; never changed once made, the newest counts.

    Without one the usual plan counts (``content.usual_plan``), which is version 0.
    """

    __tablename__ = "incident_plan"
    __table_args__ = (UniqueConstraint("site_id", "kind", "version"),)

    id: int = identity_key()
    kind: str
    version: int
    steps: list[dict[str, Any]] = document(default=list)
    """``content.PlanStep`` in order."""
    made_by: int = reference("person.id")


class TickState(enum.StrEnum):
    """What a tick says of a step."""

    DONE = "done"
    NOT_NEEDED = "not_needed"
    TAKEN_BACK = "taken_back"
    """It was ticked by mistake."""


class PlanTick(SiteScoped, table=True):
    """What somebody ticked, with the words the step had then; who and when stand in its line of the log. Rows are never
    changed or deleted (a trigger refuses it): of a step's ticks the latest counts."""

    __tablename__ = "incident_plan_tick"
    __table_args__ = (Index("incident_plan_tick_of", "incident_id", "id"), UniqueConstraint("disposal_id"))

    id: int = identity_key()
    incident_id: int = reference("incident.id")
    disposal_id: int = reference("incident_disposal.id")
    step_key: str
    text: str
    text_en: str
    state: str
    plan_version: int = 0
