"""The table of the cause library: a site's own edits by version."""

from typing import Any

from sqlalchemy import UniqueConstraint

from backend.core.tables import SiteScoped, Stamped, document, identity_key, reference


class CauseLibrary(SiteScoped, Stamped, table=True):
    """A version of what a site has changed in the cause library; the newest is in force, former ones stay."""

    __tablename__ = "cause_library"
    __table_args__ = (UniqueConstraint("site_id", "version"),)

    id: int = identity_key()
    version: int
    edits: dict[str, Any] = document()
    """``catalogue.Edits`` as JSON."""
    made_by: int | None = reference("person.id", nullable=True)
    note: str = ""
