"""Tables of the plant graph. Names are bilingual: ``name`` is Chinese, ``name_en`` English."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

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
    """``pending`` points came in unknown; their readings are kept until a person adopts or ignores them. ``retired``
    ones were in use: what was measured stays, nothing more is taken."""

    ACTIVE = "active"
    PENDING = "pending"
    IGNORED = "ignored"
    RETIRED = "retired"


class Stage(SiteScoped, table=True):
    """A step of the production flow, in order of ``position``."""

    __tablename__ = "stage"
    __table_args__ = (UniqueConstraint("site_id", "code"),)

    id: int = identity_key()
    code: str
    name: str
    name_en: str = ""
    position: int = 0
    retired_at: datetime | None = moment(nullable=True)
    """Since when it is hidden from new work (also below); history goes on naming it."""


class FloorPlan(SiteScoped, table=True):
    """The drawing area that polygons and marks are placed on; units are its own, origin top left.

    The first in order is the one that pages without a choice show.
    """

    __tablename__ = "floor_plan"

    id: int = identity_key()
    name: str
    name_en: str = ""
    width: float
    height: float
    width_m: float | None = None
    """How many metres it is wide; None: nobody has said."""
    picture_path: str = ""
    """A re-encoded picture under everything (``core.files``), as large as fits; "" without."""
    position: int = 0
    retired_at: datetime | None = moment(nullable=True)


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
    position: int = 0
    retired_at: datetime | None = moment(nullable=True)


class Equipment(SiteScoped, Stamped, table=True):
    """A thing with an owner post and points; ``x, y`` is its mark on the floor plan.

    A mark without ``floor_plan_id`` stands on the site's first plan.
    """

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
    floor_plan_id: int | None = reference("floor_plan.id", nullable=True)
    x: float | None = None
    y: float | None = None
    commissioned_on: date | None = None
    position: int = 0
    retired_at: datetime | None = moment(nullable=True)


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


class PlantChange(SiteScoped, table=True):
    """One thing of the plant changed by one person; never changed or deleted. What was done at once is one ``batch``.

    ``before`` and ``after`` hold the columns that changed, as JSON; ``before`` is empty of what was added, ``after`` of
    what was taken away.
    """

    __tablename__ = "plant_change"
    __table_args__ = (
        Index("plant_change_site", "site_id", "id"),
        Index("plant_change_batch", "site_id", "batch"),
        Index("plant_change_reverses", "site_id", "reverses", postgresql_where=text("reverses <> ''")),
    )

    id: int = identity_key()
    batch: str
    kind: str
    object_id: int = Field(sa_type=BigInteger)
    name: str
    name_en: str = ""
    """What it was called then."""
    before: dict[str, Any] = document()
    after: dict[str, Any] = document()
    made_by: int | None = reference("person.id", nullable=True)
    made_at: datetime = moment(now=True)
    reverses: str = ""
    """The batch that this one took back."""


class PlantImport(SiteScoped, table=True):
    """A workbook of equipment and points that somebody sent, and whether it was taken over."""

    __tablename__ = "plant_import"

    id: int = identity_key()
    file_name: str
    cells: dict[str, Any] = document()
    """``{"equipment": [[row number, {column: text}], …], "point": …}``."""
    made_by: int = reference("person.id")
    made_at: datetime = moment(now=True)
    applied_at: datetime | None = moment(nullable=True)
    batch: str = ""


class InstalledPack(SiteScoped, table=True):
    """A starter pack that was loaded into the site."""

    __tablename__ = "installed_pack"
    __table_args__ = (UniqueConstraint("site_id", "code"),)

    id: int = identity_key()
    code: str
    version: str
    installed_at: datetime = moment(now=True)
    details: dict[str, Any] = document()
