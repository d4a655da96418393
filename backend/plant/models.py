"""Tables of the plant graph. Names are bilingual: ``name`` is Chinese, ``name_en`` English."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint

from backend.core.tables import SiteScoped, Stamped, document, identity_key, moment, reference


class LinkKind(enum.StrEnum):
    """What travels along a link."""

    MATERIAL = "material"
    ENERGY = "energy"
    CONTROL = "control"
    AIR = "air"
    PEOPLE = "people"


class PointKind(enum.StrEnum):
    """What a point measures."""

    EQUIPMENT = "equipment"
    ENVIRONMENT = "environment"
    QUALITY = "quality"
    OPERATION = "operation"


class PointStatus(enum.StrEnum):
    """``pending`` points came in unknown; their readings are kept until a person adopts or ignores them."""

    ACTIVE = "active"
    PENDING = "pending"
    IGNORED = "ignored"


class Stage(SiteScoped, table=True):
    """A step of the production flow, in order of ``position``."""

    __tablename__ = "stage"
    __table_args__ = (UniqueConstraint("site_id", "code"),)

    id: int = identity_key()
    code: str
    name: str
    name_en: str = ""
    position: int = 0


class FloorPlan(SiteScoped, table=True):
    """The drawing area that polygons and marks are placed on; units are its own, origin top left."""

    __tablename__ = "floor_plan"

    id: int = identity_key()
    name: str
    name_en: str = ""
    width: float
    height: float
    width_m: float | None = None
    """How many metres it is wide; None: nobody has said."""


class Area(SiteScoped, table=True):
    """A polygon ``[[x, y], …]`` on the floor plan, kept by a team."""

    __tablename__ = "area"
    __table_args__ = (UniqueConstraint("site_id", "code"),)

    id: int = identity_key()
    floor_plan_id: int | None = reference("floor_plan.id", nullable=True)
    stage_id: int | None = reference("stage.id", nullable=True)
    team_id: int | None = reference("team.id", nullable=True)
    code: str
    name: str
    name_en: str = ""
    polygon: list[list[float]] = document(default=list)


class Equipment(SiteScoped, Stamped, table=True):
    """A thing with an owner post and points; ``x, y`` is its mark on the floor plan."""

    __tablename__ = "equipment"
    __table_args__ = (UniqueConstraint("site_id", "code"), Index("equipment_area", "site_id", "area_id"))

    id: int = identity_key()
    area_id: int | None = reference("area.id", nullable=True)
    stage_id: int | None = reference("stage.id", nullable=True)
    owner_post_id: int | None = reference("post.id", nullable=True)
    code: str
    name: str
    name_en: str = ""
    equipment_class: str = ""
    x: float | None = None
    y: float | None = None
    commissioned_on: date | None = None


class Point(SiteScoped, Stamped, table=True):
    """One measured variable. ``range_low``/``range_high`` are what the instrument can mean, not alarm limits."""

    __tablename__ = "point"
    __table_args__ = (
        UniqueConstraint("site_id", "code"),
        Index("point_equipment", "site_id", "equipment_id"),
        Index("point_status", "site_id", "status"),
    )

    id: int = identity_key()
    equipment_id: int | None = reference("equipment.id", nullable=True)
    area_id: int | None = reference("area.id", nullable=True)
    code: str
    name: str
    name_en: str = ""
    unit: str = ""
    kind: str = PointKind.EQUIPMENT
    manipulated: bool = False
    """Set by a controller (a valve position), so that it compensates for causes elsewhere."""
    range_low: float | None = None
    range_high: float | None = None
    decimals: int = 2
    expected_interval_s: float | None = None
    status: str = PointStatus.ACTIVE
    source: str = ""
    """Code of the data source that last sent it."""
    position: int = 0


class Link(SiteScoped, table=True):
    """A directed edge of the plant graph: exactly one end of each side is set. ``delay_s`` is its typical lag."""

    __tablename__ = "link"
    __table_args__ = (
        CheckConstraint("num_nonnulls(source_equipment_id, source_point_id) = 1", name="link_one_source"),
        CheckConstraint("num_nonnulls(target_equipment_id, target_point_id) = 1", name="link_one_target"),
        Index("link_site", "site_id"),
    )

    id: int = identity_key()
    kind: str = LinkKind.MATERIAL
    source_equipment_id: int | None = reference("equipment.id", nullable=True)
    source_point_id: int | None = reference("point.id", nullable=True)
    target_equipment_id: int | None = reference("equipment.id", nullable=True)
    target_point_id: int | None = reference("point.id", nullable=True)
    delay_s: float | None = None


class InstalledPack(SiteScoped, table=True):
    """A starter pack that was loaded into the site."""

    __tablename__ = "installed_pack"
    __table_args__ = (UniqueConstraint("site_id", "code"),)

    id: int = identity_key()
    code: str
    version: str
    installed_at: datetime = moment(now=True)
    details: dict[str, Any] = document()
