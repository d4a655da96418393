"""Tables of the response: a site's own plans in versions, the steps that were ticked, evacuations, cordons."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text

from backend.core.tables import SiteScoped, Stamped, document, identity_key, moment, reference


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


class Evacuation(SiteScoped, table=True):
    """疏散: areas that everybody leaves. One at a time for an incident; ordering more areas widens it. Moments UTC."""

    __tablename__ = "incident_evacuation"
    __table_args__ = (
        Index("incident_evacuation_of", "incident_id", "id"),
        Index("incident_evacuation_open", "incident_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("incident_evacuation_now", "site_id", postgresql_where=text("ended_at IS NULL")),
    )

    id: int = identity_key()
    incident_id: int = reference("incident.id")
    area_ids: list[int] = document(default=list)
    muster_area_id: int | None = reference("area.id", nullable=True)
    """Where people gather."""
    visitors: int = 0
    """People without an account who may be there, as said when it was ordered."""
    ordered_by: int = reference("person.id")
    ordered_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)
    ended_by: int | None = reference("person.id", nullable=True)
    missing_at_end: list[int] = document(default=list)
    """Ids of those who were missing till then; what arrives later doesn't change it."""
    visitors_missing_at_end: int = 0


class Why(enum.StrEnum):
    """Why somebody is in a roll-call, the surest sign of being there first."""

    ITSELF = "itself"
    """They said by themselves that they are safe."""
    NAMED = "named"
    """Who leads named them."""
    LOGGED = "logged"
    CHECK_IN = "check_in"
    REPORTED = "reported"
    TEAM = "team"
    POST = "post"


class RollEntry(SiteScoped, table=True):
    """Somebody who may be in the areas, why that is thought, and when they were last seen there (UTC)."""

    __tablename__ = "incident_roll_entry"
    __table_args__ = (UniqueConstraint("evacuation_id", "person_id"),)

    id: int = identity_key()
    evacuation_id: int = reference("incident_evacuation.id")
    person_id: int = reference("person.id")
    why: str
    seen_at: datetime | None = moment(nullable=True)


class RollMark(SiteScoped, table=True):
    """One mark of a roll-call, never changed or deleted (a trigger refuses it): of a person's marks the latest counts.

    ``at`` is when it was made by our clock, ``received_at`` when it arrived.
    """

    __tablename__ = "incident_roll_mark"
    __table_args__ = (Index("incident_roll_mark_of", "evacuation_id", "id"),)

    id: int = identity_key()
    evacuation_id: int = reference("incident_evacuation.id")
    person_id: int | None = reference("person.id", nullable=True)
    """None: the visitors, of whom ``visitors_safe`` of ``visitors`` are out."""
    state: str
    visitors: int = 0
    visitors_safe: int = 0
    muster_area_id: int | None = reference("area.id", nullable=True)
    """The area by whose label they said so."""
    marked_by: int = reference("person.id")
    at: datetime = moment()
    received_at: datetime = moment(now=True)


class Cordon(SiteScoped, table=True):
    """警戒区: ground that is closed, until it is lifted. Places are in the units of its floor plan. Moments UTC."""

    __tablename__ = "incident_cordon"
    __table_args__ = (
        Index("incident_cordon_of", "incident_id", "id"),
        Index("incident_cordon_recent", "site_id", "id"),
    )

    id: int = identity_key()
    incident_id: int = reference("incident.id")
    floor_plan_id: int | None = reference("floor_plan.id", nullable=True)
    """The plan on which it closes ground, and on no other; None: the site's first."""
    shape: str
    """A code of ``ground.Shape``."""
    x: float | None = None
    y: float | None = None
    """Centre of a circle, where the place is on the plan."""
    radius_m: float | None = None
    plan_width_m: float | None = None
    """How many metres the plan is wide, as said by who set it; None: the circle isn't drawn to scale."""
    polygon: list[list[float]] = document(default=list)
    set_by: int = reference("person.id")
    set_at: datetime = moment()
    lifted_at: datetime | None = moment(nullable=True)
    lifted_by: int | None = reference("person.id", nullable=True)
