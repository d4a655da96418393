"""How a site weighs its adoption: each change is a further version, the newest counts."""

from sqlalchemy import UniqueConstraint

from backend.core.tables import SiteScoped, Stamped, document, identity_key, reference


class AdoptionRule(SiteScoped, Stamped, table=True):
    """``assessing.Rule`` with who set it and why."""

    __tablename__ = "adoption_rule"
    __table_args__ = (UniqueConstraint("site_id", "number"),)

    id: int = identity_key()
    number: int
    weights: dict[str, int] = document()
    """Factor → percent."""
    good: float
    fair: float
    reason: str
    set_by: int = reference("person.id")
