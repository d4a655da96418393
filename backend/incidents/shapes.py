"""Incidents as the API gives them. Moments UTC; names are left to the plant's own lists."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from backend.incidents.models import Disposal, Incident
from backend.incidents.queries.listing import Card
from backend.incidents.queries.story import Before, Sign, Story, Told


class IncidentOut(BaseModel):
    """An incident in a list. ``opened_by`` is null where the system opened it, ``lead_id`` while nobody leads."""

    id: int
    number: str
    state: str
    kind: str
    phase: str
    accident: str
    """Its type by GB 6441-2025, of a near miss that of what it might have become; "" : not told."""
    level: str
    title: str
    title_en: str
    equipment_id: int | None
    area_id: int | None
    group_id: int | None
    began_at: datetime
    opened_at: datetime
    opened_by: int | None
    lead_id: int | None
    contained_at: datetime | None
    contained_by: int | None
    closed_at: datetime | None
    closed_by: int | None
    again_of: int | None
    """The incident whose alarm came again after it was over."""
    version: int


class IncidentsOut(BaseModel):
    """Those that aren't over, and the newest that are; ``following`` goes into ``before`` for older ones."""

    open: list[IncidentOut]
    ended: list[IncidentOut]
    following: int | None


class DisposalPhotoOut(BaseModel):
    """A picture of a line of the log."""

    id: int
    url: str
    thumbnail_url: str
    width: int
    height: int


class DisposalOut(BaseModel):
    """A line of the log; ``late``: it was done before the end and arrived after it."""

    id: int
    kind: str
    person_id: int | None
    words: str
    change: dict[str, Any]
    at: datetime
    received_at: datetime
    late: bool
    voice_url: str | None
    photos: list[DisposalPhotoOut]


class SignOut(BaseModel):
    """An alarm or hazard from which it is known."""

    kind: str
    at: datetime
    title: str
    title_en: str
    level: str
    url: str


class BeforeOut(BaseModel):
    """A point near it in the minutes before: cells of ``cell_s`` seconds, those without readings left out."""

    point_id: int
    nearness: str
    since: datetime
    until: datetime
    cell_s: float
    at: list[float]
    """Epoch seconds."""
    mean: list[float]
    low: list[float]
    high: list[float]


class IncidentStoryOut(IncidentOut):
    """An incident with its log (the newest line first), its signs and the minutes before."""

    losses: str
    loss_yuan: Decimal | None
    injured: int | None
    deaths: int | None
    policy_version: int
    phase_basis: dict[str, str]
    """Why the phase was guessed (``zh``, ``en``); empty when a person said it or nothing is known."""
    log: list[DisposalOut]
    signs: list[SignOut]
    before: list[BeforeOut]


class IncidentStateOut(BaseModel):
    """Where an incident stands after a command."""

    id: int
    number: str
    state: str
    level: str
    version: int


class LoggedOut(BaseModel):
    """A line that was added to the log."""

    id: int
    incident_id: int
    kind: str
    at: datetime
    received_at: datetime


def state_out(incident: Incident) -> IncidentStateOut:
    """Where it stands."""
    return IncidentStateOut(**incident.model_dump(include=set(IncidentStateOut.model_fields)))


def card_out(card: Card) -> IncidentOut:
    """A row of a list."""
    return IncidentOut(**card.incident.model_dump(include=set(IncidentOut.model_fields)))


def logged_out(line: Disposal) -> LoggedOut:
    """A line as it was kept."""
    return LoggedOut(**line.model_dump(include=set(LoggedOut.model_fields)))


def story_out(story: Story) -> IncidentStoryOut:
    """The whole story."""
    own = set(IncidentStoryOut.model_fields) - {"log", "signs", "before"}
    return IncidentStoryOut(
        **story.card.incident.model_dump(include=own),
        log=[_line(told) for told in story.lines],
        signs=[_sign(sign) for sign in story.signs],
        before=[_before(one) for one in story.before],
    )


def _sign(sign: Sign) -> SignOut:
    return SignOut(**vars(sign))


def _line(told: Told) -> DisposalOut:
    line = told.line
    photos = [
        DisposalPhotoOut(
            id=photo.id,
            url=f"/incidents/photos/{photo.id}",
            thumbnail_url=f"/incidents/photos/{photo.id}/thumbnail",
            width=photo.width,
            height=photo.height,
        )
        for photo in told.photos
    ]
    return DisposalOut(
        **line.model_dump(include={"id", "kind", "person_id", "words", "change", "at", "received_at"}),
        late=told.late,
        voice_url=f"/incidents/disposals/{line.id}/voice" if line.voice_path else None,
        photos=photos,
    )


def _before(one: Before) -> BeforeOut:
    kept = one.trend
    return BeforeOut(point_id=kept.point_id, nearness=kept.nearness, since=kept.since, until=kept.until, **kept.cells)
