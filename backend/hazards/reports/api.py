"""Hazard reports for programs, with the permissions of the pages."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Form, Query
from pydantic import BaseModel

from backend.core.routing import APIRouter
from backend.hazards.accidents import read_accident
from backend.hazards.reports import commands, queries
from backend.hazards.reports.forms import ReportForm
from backend.hazards.reports.models import HazardReport, ReportPhoto
from backend.hazards.reports.queries import Card, Story
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/api/v1/reports", tags=["reports"])

AccidentText = Annotated[str, Form(max_length=40)]
Before = Annotated[int | None, Query(ge=1, lt=2**63)]


class ReportOut(BaseModel):
    """A report in a list. ``reporter_id`` is null for somebody without a sign-in; ``outcome`` says how it stands."""

    id: int
    number: str
    headline: str
    factor: str
    accident: str
    """What may come of it, by GB 6441-2025; "" : not told."""
    level: str
    level_reason: str
    state: str
    outcome: str
    origin: str
    equipment_id: int | None
    area_id: int | None
    reporter_id: int | None
    merged_into_id: int | None
    rectification_id: int | None
    reported_at: datetime
    captured_at: datetime | None


class ReportPhotoOut(BaseModel):
    """A picture of a report; ``original_url`` only for who may see it as it was before somebody drew on it."""

    id: int
    url: str
    thumbnail_url: str
    original_url: str | None
    width: int
    height: int


class ReportStoryOut(ReportOut):
    """A report with everything said and shown, and what was decided."""

    details: str
    photos: list[ReportPhotoOut]
    voice_url: str | None
    latitude: float | None
    longitude: float | None
    accuracy_m: float | None
    team_id: int | None
    decided_by: int | None
    decided_at: datetime | None
    decision_note: str
    merged: list[str]
    """Numbers of reports that were merged into it."""


class ReportStateOut(BaseModel):
    """Where a report stands after a command."""

    id: int
    number: str
    state: str


@router.get("", dependencies=[allow("reports.triage")])
async def list_reports(
    session: SessionDep, actor: ActorDep, *, waiting: bool = True, before: Before = None
) -> list[ReportOut]:
    """Those that wait, the oldest first; with ``waiting=false`` those decided on, the newest first."""
    if waiting:
        return [_card(card) for card in await queries.to_triage(session, actor)]
    return [_card(card) for card in await queries.decided(session, actor, before=before)]


@router.get("/mine", dependencies=[allow("reports.send")])
async def own_reports(session: SessionDep, actor: ActorDep, before: Before = None) -> list[ReportOut]:
    """The caller's own, the newest first."""
    return [_card(card) for card in await queries.mine(session, actor, before=before)]


@router.post("", dependencies=[allow("reports.send")], status_code=201)
async def report_hazard(
    session: SessionDep, actor: ActorDep, typed: Annotated[ReportForm, Depends()]
) -> ReportStateOut:
    """Report a hazard, as multipart form; a repeated ``Idempotency-Key`` gives the first one's report."""
    return _state(await commands.report_hazard(session, actor, await typed.read()))


@router.get("/{report_id}", dependencies=[allow("reports.send")])
async def read_report(session: SessionDep, actor: ActorDep, report_id: int) -> ReportStoryOut:
    """One with its pictures and what became of it."""
    return _story(await queries.story(session, actor, report_id), leads=actor.can("reports.triage"))


@router.post("/{report_id}/accept", dependencies=[allow("reports.triage")])
async def accept(
    session: SessionDep,
    actor: ActorDep,
    report_id: int,
    level: Annotated[str, Form(max_length=20)],
    team_id: Annotated[int, Form(ge=1, lt=2**63)],
    accident: AccidentText = "",
) -> ReportStateOut:
    """Take it as a hazard of ``level`` that a team owns; ``accident``: what may come of it, ``none`` for not told."""
    told = read_accident(accident)
    return _state(await commands.accept(session, actor, report_id, level, team_id, told))


@router.post("/{report_id}/accident", dependencies=[allow("reports.triage")])
async def classify(session: SessionDep, actor: ActorDep, report_id: int, accident: AccidentText = "") -> ReportStateOut:
    """Tell what an accepted one may become, by GB 6441-2025; ``none``, or nothing, takes it away."""
    return _state(await commands.classify(session, actor, report_id, read_accident(accident) or ""))


@router.post("/{report_id}/merge", dependencies=[allow("reports.triage")])
async def merge(
    session: SessionDep, actor: ActorDep, report_id: int, into_id: Annotated[int, Form(ge=1, lt=2**63)]
) -> ReportStateOut:
    """Count it to another that stands open."""
    return _state(await commands.merge(session, actor, report_id, into_id))


@router.post("/{report_id}/refuse", dependencies=[allow("reports.triage")])
async def refuse(
    session: SessionDep, actor: ActorDep, report_id: int, note: Annotated[str, Form(max_length=4000)]
) -> ReportStateOut:
    """Say no; ``note`` is the reason."""
    return _state(await commands.refuse(session, actor, report_id, note))


def _state(report: HazardReport) -> ReportStateOut:
    return ReportStateOut(id=report.id, number=report.number, state=report.state)


def _card(card: Card) -> ReportOut:
    report = card.report
    return ReportOut(
        **report.model_dump(include=set(ReportOut.model_fields) - {"headline", "outcome", "reported_at"}),
        headline=card.headline,
        outcome=card.outcome,
        reported_at=report.created_at,
    )


def _photo(photo: ReportPhoto, *, leads: bool) -> ReportPhotoOut:
    url = f"/reports/photos/{photo.id}"
    return ReportPhotoOut(
        id=photo.id,
        url=url,
        thumbnail_url=f"{url}/thumbnail",
        original_url=f"{url}/original" if leads and photo.original_path else None,
        width=photo.width,
        height=photo.height,
    )


def _story(story: Story, *, leads: bool) -> ReportStoryOut:
    report = story.card.report
    own = set(ReportStoryOut.model_fields) - set(ReportOut.model_fields) - {"photos", "voice_url", "merged"}
    return ReportStoryOut(
        **_card(story.card).model_dump(),
        **report.model_dump(include=own),
        photos=[_photo(photo, leads=leads) for photo in story.photos],
        voice_url=f"/reports/{report.id}/voice" if report.voice_path else None,
        merged=[one.report.number for one in story.added],
    )
