"""Table of exclusions: a record that stays where it is and counts nowhere, until it is lifted."""

import enum
from datetime import datetime

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field

from backend.core.tables import SiteScoped, Stamped, identity_key, moment, reference


class RecordKind(enum.StrEnum):
    """What can be excluded: the ``kind`` by which indicators call their facts, and entries of people."""

    ALARM = "alarm"
    REPORT = "report"
    RECTIFICATION = "rectification"
    VISIT = "visit"
    CHECKIN = "checkin"


class Exclusion(SiteScoped, Stamped, table=True):
    """A record was taken out of all figures by the decision of one case. While several cases take it out, it counts
    again once the last is lifted. Triggers tell the indicators which days to count anew (revision 0051)."""

    __tablename__ = "exclusion"
    __table_args__ = (
        Index(
            "exclusion_active",
            "site_id",
            "kind",
            "record_id",
            "case_id",
            unique=True,
            postgresql_where=text("lifted_at IS NULL"),
        ),
        Index("exclusion_case", "site_id", "case_id"),
    )

    id: int = identity_key()
    kind: str
    record_id: int = Field(sa_type=BigInteger)
    case_id: int = Field(sa_type=BigInteger)
    """The case of ``governance.cleaning`` in which it was decided; no foreign key, it stands above."""
    made_by: int = reference("person.id")
    lifted_at: datetime | None = moment(nullable=True)
    lifted_by: int | None = reference("person.id", nullable=True)
