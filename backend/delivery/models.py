"""Table of deliveries: one row per event, person and channel, with the person's receipt."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field

from backend.core.tables import SiteScoped, identity_key, moment, reference


class Delivery(SiteScoped, table=True):
    """That a person must be, or was, told of an event. ``received_at`` is the phone's own receipt."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("delivery_once", "event_id", "person_id", "channel", unique=True),
        Index("delivery_person", "site_id", "person_id", "id"),
        Index("delivery_waiting", "site_id", "id", postgresql_where=text("received_at IS NULL")),
    )

    id: int = identity_key()
    event_id: int = reference("event.id")
    person_id: int = reference("person.id")
    channel: str = Field(default="socket", sa_column_kwargs={"server_default": "socket"})
    addressed: bool = False
    """True: the escalation policy named this person; False: the phone happened to be open."""
    due_at: datetime = moment(now=True)
    received_at: datetime | None = moment(nullable=True)
    seen_at: datetime | None = moment(nullable=True)
    """When the person opened what it tells of."""
