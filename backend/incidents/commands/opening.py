"""Writes an outbreak down: as a new incident, or as more of one that is open. The site is held by who calls.

For the worker and for people's taps alike; it serves every site.
"""

from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.hazards.numbering import next_number
from backend.identity.permissions import system_query
from backend.incidents.before import attach_minutes_before
from backend.incidents.doing import phase_before
from backend.incidents.models import Deed, Incident, IncidentState, SourceKind
from backend.incidents.outbreaks import Outbreak, flares, handled_as
from backend.incidents.policy import Policy
from backend.incidents.recording import NOTHING_SAID, Said, write_line
from backend.incidents.telling import concerned, heard_before, tell

PREFIX = "SJ"

_SOURCES = """
INSERT INTO incident_source(site_id, incident_id, kind, source_id, occurrence, at)
SELECT :site, :incident, * FROM unnest(CAST(:kinds AS text[]), CAST(:ids AS bigint[]), CAST(:occurrences AS int[]),
    CAST(:ats AS timestamptz[]))
ON CONFLICT (site_id, kind, source_id, occurrence) DO NOTHING
"""
_OF_FLOODS = """
INSERT INTO incident_source(site_id, incident_id, kind, source_id, occurrence, at)
SELECT a.site_id, :incident, 'alarm', a.id, a.times_raised, a.raised_at FROM alarm a
WHERE a.site_id = :site AND a.group_id = ANY(CAST(:groups AS bigint[])) AND NOT EXISTS
    (SELECT FROM incident_source s WHERE s.site_id = a.site_id AND s.kind = 'alarm' AND s.source_id = a.id)
ORDER BY a.raised_at, a.id
ON CONFLICT (site_id, kind, source_id, occurrence) DO NOTHING
"""


_FIRST_OF_FLOODS = """
SELECT min(raised_at) FROM alarm WHERE site_id = :site AND group_id = ANY(CAST(:groups AS bigint[]))
"""


async def take_up(
    session: AsyncSession,
    outbreak: Outbreak,
    policy: Policy,
    zone: tzinfo,
    *,
    said: Said = NOTHING_SAID,
    person_id: int | None = None,
) -> Incident:
    """The incident of ``outbreak``, new or grown. ``zone`` is the site's; ``said`` is what a person says with a tap."""
    if outbreak.incident_id is None:
        return await _open(session, outbreak, policy, zone, said, person_id)
    return await _grow(session, outbreak, outbreak.incident_id, said, person_id)


async def _open(
    session: AsyncSession, outbreak: Outbreak, policy: Policy, zone: tzinfo, said: Said, person_id: int | None
) -> Incident:
    first = outbreak.first
    incident = Incident(
        site_id=first.site_id,
        number=await next_number(session, first.site_id, zone, Incident, PREFIX),
        kind=first.kind,
        level=handled_as([sign.level for sign in outbreak.signs]),
        title=first.title,
        title_en=first.title_en,
        equipment_id=first.equipment_id,
        area_id=first.area_id,
        group_id=first.group_id,
        began_at=await _began(session, outbreak),
        opened_by=person_id,
        policy_version=policy.version,
        last_source_at=max(sign.at for sign in outbreak.signs),
        again_of=first.again_of,
    )
    guess = await phase_before(session, incident)
    incident.phase, incident.phase_basis = guess.phase, guess.basis
    session.add(incident)
    await session.flush()
    await session.refresh(incident)
    told = await concerned(session, incident)
    step = Deed.OPENED if person_id is None else Deed.REPORTED
    line = await write_line(
        session, incident, step, said, person_id=person_id, change=await _again(session, incident), told=told
    )
    await _keep_sources(session, incident, outbreak, line.id)
    await attach_minutes_before(session, incident, first.at, first.point_id)
    return incident


@system_query("the worker opens incidents of every site")
async def _again(session: AsyncSession, incident: Incident) -> dict[str, Any]:
    """What the first line of the log says of the incident that has come again."""
    wanted = select(col(Incident.number)).where(col(Incident.id) == incident.again_of)
    number = await session.scalar(wanted) if incident.again_of is not None else None
    return {"about": {"zh": f"{number} 的报警再次发生", "en": f"The alarm of {number} came again"}} if number else {}


@system_query("the worker opens incidents of every site")
async def _began(session: AsyncSession, outbreak: Outbreak) -> datetime:
    """The first sign of it: early warnings and lesser alarms of its flood come before what opens it; where it comes
    again, they belonged to the one before."""
    signs = min(sign.at for sign in outbreak.signs)
    if outbreak.first.again_of is not None:
        return signs
    first = await session.scalar(text(_FIRST_OF_FLOODS), {"site": outbreak.first.site_id, "groups": outbreak.groups})
    return min(signs, first) if first else signs


async def _grow(
    session: AsyncSession, outbreak: Outbreak, incident_id: int, said: Said, person_id: int | None
) -> Incident:
    incident = await _locked(session, incident_id)
    before = {"state": str(incident.state), "level": str(incident.level)}
    incident.level = handled_as([incident.level, *(sign.level for sign in outbreak.signs if sign.opens)])
    if any(flares(sign, incident.state) for sign in outbreak.signs):
        incident.state, incident.contained_at, incident.contained_by = IncidentState.OPEN, None, None
    incident.last_source_at = max(incident.last_source_at, *(sign.at for sign in outbreak.signs))
    after = {"state": str(incident.state), "level": str(incident.level)}
    change = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    incident.version += bool(change)  # what only adds to it leaves the forms on people's screens good
    await session.flush()
    line_id = await _tell_of_growth(session, incident, change, said, person_id)
    await _keep_sources(session, incident, outbreak, line_id)
    return incident


async def _tell_of_growth(
    session: AsyncSession, incident: Incident, change: dict[str, Any], said: Said, person_id: int | None
) -> int:
    """A person's words are a line of their own; what changes the incident is one; further alarms of its flood only
    freshen the pages that show it. Gives the id of the person's line, 0 without one."""
    line_id = 0
    if person_id is not None:
        told = [incident.lead_id] if incident.lead_id else await concerned(session, incident)
        line = await write_line(session, incident, Deed.JOINED, said, person_id=person_id, told=told)
        line_id = line.id
    if change:
        step = Deed.FLARED if "state" in change else Deed.JOINED
        everybody = {*await concerned(session, incident), *await heard_before(session, incident)}
        await write_line(session, incident, step, change=change, told=everybody)
    elif person_id is None:
        await tell(session, incident, Deed.JOINED, ())
    return line_id


async def _keep_sources(session: AsyncSession, incident: Incident, outbreak: Outbreak, line_id: int) -> None:
    """What the signs are, their floods, and all alarms of these. A person's tap is known by its line."""
    rows = [
        (sign.source, line_id if sign.source is SourceKind.PERSON else sign.source_id, sign.occurrence, sign.at)
        for sign in outbreak.signs
    ]
    rows += [(SourceKind.GROUP, group, 1, outbreak.first.at) for group in outbreak.groups]
    kinds, ids, occurrences, moments = zip(*rows, strict=True)
    place = {"site": incident.site_id, "incident": incident.id}
    asked = {**place, "kinds": [str(kind) for kind in kinds], "ids": list(ids), "ats": list(moments)}
    asked["occurrences"] = list(occurrences)
    await session.execute(text(_SOURCES), asked)
    if outbreak.groups:
        await session.execute(text(_OF_FLOODS), {**place, "groups": outbreak.groups})


@system_query("the worker adds to incidents of every site")
async def _locked(session: AsyncSession, incident_id: int) -> Incident:
    found = await session.execute(
        select(Incident)
        .where(col(Incident.id) == incident_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.scalar_one()
