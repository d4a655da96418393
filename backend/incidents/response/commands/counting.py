"""Counting people safe: by themselves, or by who leads; visitors by their number. Each mark stays for ever."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import N_, Invalid, NotFound
from backend.core.idempotency import keep_result
from backend.hazards.recording import Sent, first_id
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.models import Person
from backend.identity.permissions import require
from backend.identity.scoping import get_visible
from backend.incidents.models import Deed, Incident
from backend.incidents.recording import Said
from backend.incidents.response.commands.evacuating import MOST_VISITORS, list_people
from backend.incidents.response.models import Evacuation, RollMark, Why
from backend.incidents.response.rollcall import Standing
from backend.incidents.telling import tell
from backend.labels.queries import labelled


@dataclass(frozen=True)
class _Mark:
    person_id: int | None
    state: str
    visitors: int = 0
    visitors_safe: int = 0
    muster_area_id: int | None = None


async def say_safe(session: AsyncSession, actor: Actor, evacuation_id: int, said: Said, *, label: str = "") -> RollMark:
    """“我安全了”: also of somebody who wasn't listed, and after the end, since a phone may have had no network.

    ``label``: token of the label of the place where they gather, if they scanned it; one that isn't known proves
    nothing but refuses nobody. A repeat gives the first mark. Raises NotFound.
    """
    require(actor, "incidents.report")
    scanned = await labelled(session, actor, label) if label else None
    mark = _Mark(actor.person_id, Standing.SAFE, muster_area_id=scanned.area_id if scanned else None)
    return await _write(session, actor, evacuation_id, mark, Why.ITSELF, said)


async def mark_person(
    session: AsyncSession, actor: Actor, evacuation_id: int, person_id: int | None, state: str, said: Said
) -> RollMark:
    """Who leads marks somebody; who wasn't listed is listed then. Raises NotFound, Forbidden, Invalid by field."""
    require(actor, "incidents.lead")
    if state not in set(Standing):
        raise Invalid(fields={"state": N_("请选择安全、没到或不在场")})
    try:
        person = await get_visible(session, actor, Person, person_id or 0)
    except NotFound:
        raise Invalid(fields={"person": N_("请选择人员")}) from None
    return await _write(session, actor, evacuation_id, _Mark(person.id, state), Why.NAMED, said)


async def count_visitors(
    session: AsyncSession, actor: Actor, evacuation_id: int, visitors: int | None, safe: int | None, said: Said
) -> RollMark:
    """How many visitors there may be, and how many of them are out. Raises NotFound, Forbidden, Invalid by field."""
    require(actor, "incidents.lead")
    if visitors is None or not 0 <= visitors <= MOST_VISITORS:
        raise Invalid(fields={"visitors": N_("请填写 0 到 5000 的整数")})
    if safe is None or not 0 <= safe <= visitors:
        raise Invalid(fields={"visitors_safe": N_("安全的访客不能多于访客总数")})
    state = Standing.SAFE if safe == visitors else Standing.MISSING
    return await _write(session, actor, evacuation_id, _Mark(None, state, visitors, safe), Why.NAMED, said)


async def _write(
    session: AsyncSession, actor: Actor, evacuation_id: int, mark: _Mark, why: Why, said: Said
) -> RollMark:
    evacuation = await get_visible(session, actor, Evacuation, evacuation_id)
    content: dict[str, Any] = {"id": evacuation_id, **vars(mark)}
    known = await first_id(session, actor, Sent(idempotency_key=said.idempotency_key), "roll", content)
    if known is not None:
        return await get_visible(session, actor, RollMark, known)
    if mark.person_id is not None:
        await list_people(session, evacuation, [(mark.person_id, why, None)])
    made = RollMark(
        site_id=evacuation.site_id,
        evacuation_id=evacuation.id,
        **vars(mark),
        marked_by=actor.person_id,
        at=said.at,
    )
    session.add(made)
    await session.flush()
    incident = await get_visible(session, actor, Incident, evacuation.incident_id)
    await tell(session, incident, Deed.EVACUATE, (), actor_id=actor.person_id)  # pages that count are made fresh
    await record_change(session, actor, "incident.count", "incident", incident.id, {"roll": [None, str(mark.state)]})
    if said.idempotency_key:
        await keep_result(session, actor.person_id, said.idempotency_key, {"id": made.id})
    return made
