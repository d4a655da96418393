"""An incident's gas cloud for programs: ``/api/v1/incidents/{id}/plume``."""

from datetime import datetime

from pydantic import BaseModel

from backend.core.clock import now
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.queries.listing import card
from backend.incidents.tracking.drifting import Drift, Sensed, Zone
from backend.incidents.tracking.queries.drifts import drifting

router = APIRouter(prefix="/api/v1/incidents/{incident_id}/plume")


class ZoneOut(BaseModel):
    """A limit at the ground. ``reach_m`` null: nowhere from ``nearest_m`` on; ``outline``: SVG points in the units of
    the floor plan, empty where the source has no place on it; ``own``: typed by whoever stated the leak."""

    words: str
    g_m3: float
    grave: bool
    own: bool
    reach_m: float | None
    width_m: float
    outline: str


class DetectorOut(BaseModel):
    """A gas detector, in the unit of its point. ``expected`` null: not reckoned there; ``agrees``: ``agrees``, ``more``
    or ``less`` by a factor of two, null where nothing is held against each other."""

    point_id: int
    at: datetime
    measured: float
    expected: float | None
    agrees: str | None


class StrengthOut(BaseModel):
    """What leaks by the detectors: an estimate, nine in ten between ``low`` and ``high``."""

    rate_g_s: float
    low: float
    high: float
    detectors: int


class WindOut(BaseModel):
    """A mean of ten minutes until ``at`` (UTC); the bearing is the one it comes from."""

    speed_m_s: float
    from_deg: float
    at: datetime


class CloudOut(BaseModel):
    """A stated leak as it spreads. ``model``: plume, puff or heavy; ``air``: stability class A to F; ``origin``: stated
    by a person or made anew after the wind; ``duration_s`` null: it goes on."""

    made_at: datetime
    origin: str
    substance: str
    rate_g_s: float
    duration_s: float | None
    cold: bool
    wind_m_s: float
    wind_from_deg: float
    air: str
    model: str
    nearest_m: float
    zones: list[ZoneOut]


class PlumeOut(BaseModel):
    """``cloud`` null: nobody has stated a leak; ``wind``: as measured now, null where it isn't."""

    cloud: CloudOut | None
    detectors: list[DetectorOut]
    strength: StrengthOut | None
    wind: WindOut | None


@router.get("", dependencies=[allow("incidents.see")])
async def read_plume(session: SessionDep, actor: ActorDep, incident_id: int) -> PlumeOut:
    """Where the gas goes by what was stated last, beside the detectors and the wind as they are now."""
    shown = await card(session, actor, incident_id)
    found = await drifting(session, actor, shown.incident, now())
    strength, wind = found.strength, found.wind
    return PlumeOut(
        cloud=_cloud_out(found.drift) if found.drift else None,
        detectors=[_detector_out(one) for one in found.sensed],
        strength=StrengthOut(rate_g_s=strength.rate_g_s, low=strength.low, high=strength.high, detectors=strength.count)
        if strength
        else None,
        wind=WindOut(speed_m_s=wind.speed_m_s, from_deg=wind.from_deg, at=wind.at) if wind else None,
    )


def _cloud_out(drift: Drift) -> CloudOut:
    stated = drift.stated
    return CloudOut(
        made_at=stated.created_at,
        origin=stated.origin,
        substance=stated.substance,
        rate_g_s=stated.rate_g_s,
        duration_s=stated.duration_s,
        cold=stated.cold,
        wind_m_s=stated.wind_m_s,
        wind_from_deg=stated.wind_from_deg,
        air=drift.source.air.value,
        model=drift.model.value,
        nearest_m=drift.cloud.nearest_m,
        zones=[_zone_out(zone) for zone in drift.zones],
    )


def _zone_out(zone: Zone) -> ZoneOut:
    limit = zone.limit
    return ZoneOut(
        words=limit.words,
        g_m3=limit.g_m3,
        grave=limit.grave,
        own=limit.own,
        reach_m=zone.reach_m,
        width_m=zone.width_m,
        outline=zone.outline,
    )


def _detector_out(one: Sensed) -> DetectorOut:
    told = one.detector
    return DetectorOut(
        point_id=told.point_id, at=told.at, measured=told.value, expected=one.expected, agrees=one.agrees
    )
