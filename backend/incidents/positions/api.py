"""Positions for phones and programs, with the permissions of the pages."""

from datetime import datetime

from fastapi import Request
from pydantic import BaseModel

from backend.core.clock import now
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.positions.commands import note_look, take_positions
from backend.incidents.positions.forms import PositionsIn
from backend.incidents.positions.queries.concerning import concerning
from backend.incidents.positions.queries.consent import in_force, newest_consent
from backend.incidents.positions.queries.picture import Whereabouts, picture_of
from backend.incidents.positions.queries.replay import replay_of
from backend.incidents.positions.queries.rules import ground_of
from backend.incidents.positions.replaying import State
from backend.incidents.positions.whereabouts import Known
from backend.incidents.queries.listing import card

router = APIRouter(prefix="/api/v1", tags=["incidents"])


class ConcernOut(BaseModel):
    """An incident that goes on and concerns who asks."""

    incident_id: int
    number: str


class SendingOut(BaseModel):
    """Whether who asks is to send now: they agreed, the site's ground is known, an incident concerns them."""

    agreed: bool
    ground_known: bool
    incidents: list[ConcernOut]


class TakenOut(BaseModel):
    """``kept`` of the positions are known now; ``goes_on``: the phone is to go on sending."""

    kept: int
    goes_on: bool


class KnownOut(BaseModel):
    """Best knowledge of somebody. ``source``: gps, label, roll, check_in, assigned (``at`` is null then) or unknown;
    degrees of WGS 84; ``doubtful``: the phone knew its place badly, or can't have come there so fast."""

    source: str
    at: datetime | None
    equipment_id: int | None
    area_id: int | None
    lat: float | None
    lon: float | None
    accuracy_m: float | None
    off_site: bool
    doubtful: bool


class WhereaboutsOut(KnownOut):
    """The same as of now. ``fresh``: they can be expected to be there still; ``away_m``: from the incident's place."""

    person_id: int
    age_s: float | None
    fresh: bool
    away_m: float | None


class ChangeOut(KnownOut):
    """What is known from frame ``frame`` on."""

    frame: int


class TrackOut(BaseModel):
    """Somebody's whereabouts, each change of it."""

    person_id: int
    changes: list[ChangeOut]


class TallyOut(BaseModel):
    """A roll-call as it stands from frame ``frame`` on."""

    frame: int
    going: bool
    safe: int
    missing: int
    absent: int


class ReachOut(BaseModel):
    """Equipment that it had reached from frame ``frame`` on."""

    frame: int
    equipment_id: int


class ReplayOut(BaseModel):
    """An incident moment by moment; ``frames`` are UTC."""

    frames: list[datetime]
    people: list[TrackOut]
    rolls: list[TallyOut]
    reached: list[ReachOut]


@router.get("/positions/sending", dependencies=[allow("incidents.report")])
async def read_sending(session: SessionDep, actor: ActorDep) -> SendingOut:
    """What the app asks before it looks where the phone is."""
    agreed = in_force(await newest_consent(session, actor))
    known = agreed and (await ground_of(session, actor)).known
    concerns = [one for one in await concerning(session, actor) if one.live] if known else []
    incidents = [ConcernOut(incident_id=one.incident_id, number=one.number) for one in concerns]
    return SendingOut(agreed=agreed, ground_known=known, incidents=incidents)


@router.post("/positions", dependencies=[allow("incidents.report")])
async def send_positions(request: Request, session: SessionDep, actor: ActorDep, sent: PositionsIn) -> TakenOut:
    """Take in what a phone gathered; 403 for who hasn't agreed, 409 where no incident concerns them: it stops then."""
    taken = await take_positions(session, request.app.state.limits, actor, *sent.read())
    return TakenOut(kept=taken.kept, goes_on=taken.goes_on)


@router.get("/incidents/{incident_id}/positions", dependencies=[allow("incidents.see")])
async def read_positions(session: SessionDep, actor: ActorDep, incident_id: int) -> list[WhereaboutsOut]:
    """Where everybody is now, or was when it ended, the newest knowledge first; a worker gets their own team."""
    shown = await card(session, actor, incident_id)
    await note_look(session, actor, incident_id)
    picture = await picture_of(session, actor, shown, shown.incident.closed_at or now())
    return [_whereabouts(one) for one in picture.people]


@router.get("/incidents/{incident_id}/positions/replay", dependencies=[allow("incidents.see")])
async def read_replay(session: SessionDep, actor: ActorDep, incident_id: int) -> ReplayOut:
    """The incident from its first sign to its end, or to now, in at most 121 moments."""
    shown = await card(session, actor, incident_id)
    await note_look(session, actor, incident_id)
    replay = await replay_of(session, actor, shown, now())
    return ReplayOut(
        frames=replay.clock.frames,
        people=[
            TrackOut(person_id=shown.person.id, changes=[_change(state) for state in states])
            for shown, states in replay.people
        ],
        rolls=[TallyOut(**vars(one)) for one in replay.rolls],
        reached=[ReachOut(**vars(one)) for one in replay.reached],
    )


def _whereabouts(one: Whereabouts) -> WhereaboutsOut:
    return WhereaboutsOut(
        **_known(one.known).model_dump(),
        person_id=one.shown.person.id,
        age_s=one.age.total_seconds() if one.age is not None else None,
        fresh=one.fresh,
        away_m=one.away_m,
    )


def _change(state: State) -> ChangeOut:
    return ChangeOut(**_known(state.known).model_dump(), frame=state.frame)


def _known(known: Known) -> KnownOut:
    position, place = known.position, known.place
    return KnownOut(
        source=known.source,
        at=known.at,
        equipment_id=place.equipment_id if place else None,
        area_id=place.area_id if place else None,
        lat=position.lat if position else None,
        lon=position.lon if position else None,
        accuracy_m=position.accuracy_m if position else None,
        off_site=known.off_site,
        doubtful=known.doubtful,
    )
