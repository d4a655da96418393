"""Tables of risk points: what may go wrong where, how it is graded, and what holds it (双重预防, 风险分级管控)."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text

from backend.core.tables import SiteScoped, Stamped, document, identity_key, moment, reference


class RiskPoint(SiteScoped, Stamped, table=True):
    """风险点: a place, a piece of equipment or an activity with identified risk."""

    __tablename__ = "risk_point"
    __table_args__ = (
        UniqueConstraint("site_id", "code"),
        Index("risk_point_area", "site_id", "area_id"),
        Index("risk_point_equipment", "equipment_id"),
    )

    id: int = identity_key()
    code: str
    name: str
    name_en: str = ""
    kind: str
    """A value of ``codes.PointKind``."""
    stage_id: int | None = reference("stage.id", nullable=True)
    area_id: int | None = reference("area.id", nullable=True)
    equipment_id: int | None = reference("equipment.id", nullable=True)
    control: str
    """Who holds it at least: a value of ``codes.Control``."""
    post_id: int | None = reference("post.id", nullable=True)
    unit: str = ""
    """责任单位, in the plant's own words."""
    keeper: str = ""
    """责任人, in the plant's own words."""
    level: str = ""
    """The highest level of its sources as they are graded now; "" while none is."""
    origin: str
    """``hand``, ``sheet`` or ``pack``."""
    version: int = 1
    retired_at: datetime | None = moment(nullable=True)
    retired_why: str = ""
    sample: bool = False


class HazardSource(SiteScoped, Stamped, table=True):
    """危险源: one line of a risk point's list, with what may come of it and the law that asks to hold it."""

    __tablename__ = "hazard_source"
    __table_args__ = (
        Index(
            "hazard_source_of",
            "risk_point_id",
            "name",
            unique=True,
            postgresql_where=text("dropped_at IS NULL"),
        ),
        Index("hazard_source_ever", "risk_point_id"),
    )

    id: int = identity_key()
    risk_point_id: int = reference("risk_point.id")
    position: int = 0
    name: str
    name_en: str = ""
    accidents: list[str] = document(default=list)
    """Values of ``hazards.accidents.Accident``."""
    factor: str = ""
    """A value of ``hazards.reports.models.Factor``; "" where nobody said."""
    consequence: str = ""
    consequence_en: str = ""
    basis: str = ""
    """Law or standard with its number and year, one a line."""
    basis_en: str = ""
    inherent_level: str = ""
    residual_level: str = ""
    """As the newest grading of each says; "" while there is none."""
    dropped_at: datetime | None = moment(nullable=True)


class RiskGrading(SiteScoped, Stamped, table=True):
    """How a source was graded once, with what and why. A trigger forbids changing or deleting it."""

    __tablename__ = "risk_grading"
    __table_args__ = (
        CheckConstraint(
            "CASE method WHEN 'lec' THEN num_nonnulls(l, e, c, value) = 4 WHEN 'ls' THEN num_nonnulls(l, s, value) = 3 "
            "ELSE num_nonnulls(l, e, c, s, value) = 0 END",
            name="risk_grading_scores",
        ),
        Index("risk_grading_of", "source_id", "residual", "id"),
    )

    id: int = identity_key()
    source_id: int = reference("hazard_source.id")
    residual: bool
    """With its measures in place; else inherent (固有): as if there were none."""
    method: str
    l: float | None = None  # noqa: E741 - the letter of the method
    e: float | None = None
    c: float | None = None
    s: float | None = None
    value: float | None = None
    level: str
    bands: list[float] = document(default=list)
    """The bands that made a level of the value."""
    graded_by: int | None = reference("person.id", nullable=True)
    why: str = ""


class ControlMeasure(SiteScoped, Stamped, table=True):
    """管控措施: one thing that holds a source, whose it is, and what checks that it does."""

    __tablename__ = "control_measure"
    __table_args__ = (Index("control_measure_of", "source_id", "position"),)

    id: int = identity_key()
    source_id: int = reference("hazard_source.id")
    kind: str
    """A value of ``codes.MeasureKind``."""
    position: int = 0
    words: str
    words_en: str = ""
    post_id: int | None = reference("post.id", nullable=True)
    plan_id: int | None = reference("inspection_plan.id", nullable=True)
    """The inspection plan that checks it, by ``check_item``, the title of an item of its checklist."""
    check_item: str = ""
    maintenance_plan_id: int | None = reference("maintenance_plan.id", nullable=True)
    """The maintenance that keeps it."""
    dropped_at: datetime | None = moment(nullable=True)


class RiskPolicy(SiteScoped, Stamped, table=True):
    """Where a site's levels begin; the newest row counts, a site without one has the usual bands."""

    __tablename__ = "risk_policy"
    __table_args__ = (Index("risk_policy_of", "site_id", "id"),)

    id: int = identity_key()
    lec: list[float] = document(default=list)
    ls: list[float] = document(default=list)
    set_by: int = reference("person.id")


class RiskSheet(SiteScoped, Stamped, table=True):
    """A workbook as it was read, waiting for a person to say that it shall be taken over."""

    __tablename__ = "risk_sheet"
    __table_args__ = (Index("risk_sheet_of", "site_id", "id"),)

    id: int = identity_key()
    name: str
    read_by: int = reference("person.id")
    lines: list[dict[str, Any]] = document(default=list)
    """``sheets.lines.Line`` as JSON; those that can't be taken over are not among them."""
    troubles: list[dict[str, Any]] = document(default=list)
    applied_at: datetime | None = moment(nullable=True)
    result: dict[str, int] = document()
