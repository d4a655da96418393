"""Tables of the first page: layouts by role and version, and how people have put their own."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from backend.core.tables import SiteScoped, Stamped, document, identity_key, moment, reference


class HomeLayout(SiteScoped, Stamped, table=True):
    """A version of what a role's first page shows; never changed or deleted. The newest counts; a role without one has
    ``layout.USUAL``, which is number 0."""

    __tablename__ = "home_layout"
    __table_args__ = (UniqueConstraint("site_id", "role", "number"),)

    id: int = identity_key()
    role: str
    number: int
    cards: list[str] = document(default=list)
    """Codes of optional cards in their order."""
    free: bool = True
    """Whether people of the role may arrange their own page."""
    made_by: int = reference("person.id")
    why: str
    taken_from: int | None = Field(default=None)
    """The version that this one went back to."""


class HomeArrangement(SiteScoped, table=True):
    """How a person has put their own page; without a row it is their role's."""

    __tablename__ = "home_arrangement"
    __table_args__ = (UniqueConstraint("person_id"),)

    id: int = identity_key()
    person_id: int = reference("person.id")
    order: list[str] = document(default=list)
    hidden: list[str] = document(default=list)
    changed_at: datetime = moment(now=True)
