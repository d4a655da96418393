"""Tables of what estimates rest on: a leak as it was stated, the site's wind, and what equipment holds in store."""

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint

from backend.core.tables import SiteScoped, Stamped, identity_key, moment, reference


class Origin(enum.StrEnum):
    """Where a statement of a leak comes from."""

    STATED = "stated"
    WIND = "wind"
    """The worker made it anew because the wind had changed; everything else is as it was stated."""


class IncidentPlume(SiteScoped, Stamped, table=True):
    """A leak as it was stated at ``created_at``; the newest row counts, and rows are never changed: a trigger refuses
    it."""

    __tablename__ = "incident_plume"
    __table_args__ = (Index("incident_plume_of", "incident_id", "id"),)

    id: int = identity_key()
    incident_id: int = reference("incident.id")
    person_id: int | None = reference("person.id", nullable=True)
    """Who stated it; None where the worker followed the wind."""
    substance: str
    """A key of ``substances.SUBSTANCES``."""
    rate_g_s: float
    height_m: float
    wind_m_s: float
    """At 10 m above the ground."""
    wind_from_deg: float
    """The bearing that the wind comes from; 0 north, 90 east."""
    sky: str
    ground: str
    plan_width_m: float
    """Metres from the plan's left edge to its right one."""
    plan_up_deg: float
    """The bearing that the plan's upper edge looks to; 0: north is up."""
    duration_s: float | None = None
    """How long it leaks or has leaked; None: it goes on."""
    cold: bool = False
    """Whether it comes from a liquid, as cold as that boils."""
    limit_value: float | None = None
    """A limit of whoever stated it, in ``limit_unit`` (``substances.LimitUnit``), called ``limit_words``."""
    limit_unit: str = ""
    limit_words: str = ""
    floor_plan_id: int | None = reference("floor_plan.id", nullable=True)
    """The plan on which it leaks, whose width and turn these are; None: the site's first."""
    origin: str = Origin.STATED
    wind_at: datetime | None = moment(nullable=True)
    """Until when the wind was measured from which it was made; None where it was typed."""


class SiteWeather(SiteScoped, Stamped, table=True):
    """Which points measure the site's weather; the newest row counts. None: nobody measures it."""

    __tablename__ = "site_weather"
    __table_args__ = (Index("site_weather_of", "site_id", "id"),)

    id: int = identity_key()
    speed_point_id: int | None = reference("point.id", nullable=True)
    direction_point_id: int | None = reference("point.id", nullable=True)
    temperature_point_id: int | None = reference("point.id", nullable=True)
    """Outdoors, in the shade."""
    rain_point_id: int | None = reference("point.id", nullable=True)
    """Millimetres an hour."""
    set_by: int = reference("person.id")


class PlantBuffer(SiteScoped, Stamped, table=True):
    """What equipment holds between its feed and what it feeds: one row each. ``capacity`` is what lies between the
    readings ``empty_level`` and ``full_level`` of the level point, in ``unit``; it goes out by ``outflow_per_h`` or by
    the mean of ``outflow_point_id``, both in ``unit`` an hour."""

    __tablename__ = "plant_buffer"
    __table_args__ = (
        UniqueConstraint("site_id", "equipment_id"),
        CheckConstraint("num_nonnulls(outflow_point_id, outflow_per_h) = 1", name="plant_buffer_one_outflow"),
    )

    id: int = identity_key()
    equipment_id: int = reference("equipment.id")
    level_point_id: int = reference("point.id")
    empty_level: float
    full_level: float
    capacity: float
    unit: str
    outflow_point_id: int | None = reference("point.id", nullable=True)
    outflow_per_h: float | None = None
    set_by: int = reference("person.id")


class ProductionOrder(SiteScoped, Stamped, table=True):
    """生产订单: ``quantity`` of a product that a stage is to make between two moments (UTC). ``number`` is the
    production system's own; the same number again replaces what it said before."""

    __tablename__ = "production_order"
    __table_args__ = (
        UniqueConstraint("site_id", "number"),
        Index("production_order_stage", "site_id", "stage_id", "ends_at"),
    )

    id: int = identity_key()
    number: str
    product: str
    stage_id: int = reference("stage.id")
    starts_at: datetime = moment()
    ends_at: datetime = moment()
    quantity: float
    unit: str
    set_by: int = reference("person.id")
