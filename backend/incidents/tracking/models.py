"""Table of what people stated for the estimate of a gas cloud; each change is a further row, the newest counts."""

from sqlalchemy import Index

from backend.core.tables import SiteScoped, Stamped, identity_key, reference


class IncidentPlume(SiteScoped, Stamped, table=True):
    """A leak as a person stated it at ``created_at``; rows are never changed."""

    __tablename__ = "incident_plume"
    __table_args__ = (Index("incident_plume_of", "incident_id", "id"),)

    id: int = identity_key()
    incident_id: int = reference("incident.id")
    person_id: int = reference("person.id")
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
