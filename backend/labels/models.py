"""Tables of labels."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from backend.core.tables import SiteScoped, Stamped, identity_key, moment, reference

_LIVE = text("revoked_at IS NULL")


class Label(SiteScoped, Stamped, table=True):
    """A label on one piece of equipment or in one area. A thing has at most one that isn't revoked."""

    __tablename__ = "label"
    __table_args__ = (
        CheckConstraint("num_nonnulls(equipment_id, area_id) = 1", name="label_one_target"),
        UniqueConstraint("site_id", "code"),
        Index("label_live_equipment", "equipment_id", unique=True, postgresql_where=_LIVE),
        Index("label_live_area", "area_id", unique=True, postgresql_where=_LIVE),
        Index("label_equipment", "site_id", "equipment_id"),
        Index("label_area", "site_id", "area_id"),
    )

    id: int = identity_key()
    equipment_id: int | None = reference("equipment.id", nullable=True)
    area_id: int | None = reference("area.id", nullable=True)
    token_name: str = Field(unique=True)
    """What its token names it by (``codes``); the token itself is signed and stands nowhere in the database."""
    code: str
    """The short code, without its hyphen."""
    made_by: int | None = reference("person.id", nullable=True)
    """None: made at the console, which has no account."""
    revoked_at: datetime | None = moment(nullable=True)
    revoked_by: int | None = reference("person.id", nullable=True)
    revoked_reason: str = ""

    @property
    def path(self) -> str:
        """Page of what it is on."""
        return f"/equipment/{self.equipment_id}" if self.equipment_id else f"/areas/{self.area_id}"
