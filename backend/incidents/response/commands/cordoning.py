"""Closing ground around an incident, and opening it again."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid
from backend.core.idempotency import keep_result
from backend.hazards.recording import Sent, first_id
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.identity.scoping import get_visible
from backend.incidents.lifecycle import LIVE
from backend.incidents.models import Deed, Incident
from backend.incidents.recording import Said, write_line
from backend.incidents.response.ground import Shape, read_polygon
from backend.incidents.response.models import Cordon
from backend.incidents.response.queries.cordons import centre_of
from backend.incidents.telling import heard_before
from backend.plant.floors import Floors, drawn_on, every_drawing, floors_of

LEAST_RADIUS_M, MOST_RADIUS_M = 1.0, 5000.0
MOST_WIDTH_M = 20_000.0


@dataclass(frozen=True)
class Closing:
    """A circle of ``radius_m`` around the place of the incident, or a ``polygon`` as drawn (``x,y x,y …``).

    ``plan_id``: the floor plan that it was drawn on, None: the site's first; a circle lies on the plan of the incident
    in any case. ``plan_width_m``: how many metres that plan is wide, so that the circle is drawn to scale; None: as the
    plan itself says, if anybody has given it a scale.
    """

    shape: str
    radius_m: float | None = None
    plan_width_m: float | None = None
    polygon: str = ""
    plan_id: int | None = None


async def set_cordon(session: AsyncSession, actor: Actor, incident_id: int, closing: Closing, said: Said) -> Cordon:
    """Close the ground; who has heard of the incident hears it. A repeat gives the first one.

    Raises NotFound (also for a plan that isn't in use), Forbidden, Conflict (the incident is over), Invalid by field.
    """
    require(actor, "incidents.lead")
    incident = await get_visible(session, actor, Incident, incident_id, lock=True)
    content = {"id": incident_id, "words": said.words, **vars(closing)}
    known = await first_id(session, actor, Sent(idempotency_key=said.idempotency_key), "cordon", content)
    if known is not None:
        return await get_visible(session, actor, Cordon, known)
    if incident.state not in LIVE:
        raise Conflict(N_("事件已经结束，不能再这样操作"))
    cordon = await _drawn(session, actor, incident, closing, said)
    session.add(cordon)
    await session.flush()
    await _log(session, actor, incident, Deed.CORDONED, cordon, said)
    if said.idempotency_key:
        await keep_result(session, actor.person_id, said.idempotency_key, {"id": cordon.id})
    return cordon


async def lift_cordon(session: AsyncSession, actor: Actor, cordon_id: int, said: Said) -> Cordon:
    """Open the ground again, also after the incident is over. One that is lifted stays as it is. Raises NotFound,
    Forbidden."""
    require(actor, "incidents.lead")
    cordon = await get_visible(session, actor, Cordon, cordon_id, lock=True)
    if cordon.lifted_at is not None:
        return cordon
    incident = await get_visible(session, actor, Incident, cordon.incident_id)
    cordon.lifted_at, cordon.lifted_by = now(), actor.person_id
    await session.flush()
    await _log(session, actor, incident, Deed.CORDON_LIFTED, cordon, said)
    return cordon


async def _drawn(session: AsyncSession, actor: Actor, incident: Incident, closing: Closing, said: Said) -> Cordon:
    floors = await floors_of(session, actor)
    plans = await every_drawing(session, actor, floors)
    asked = floors.chosen(closing.plan_id)
    cordon = Cordon(
        site_id=incident.site_id,
        incident_id=incident.id,
        shape=closing.shape,
        set_by=actor.person_id,
        set_at=said.at,
    )
    if closing.shape == Shape.POLYGON:
        if asked is None:
            raise Invalid(fields={"shape": N_("还没有平面图，只能按半径设警戒区")})
        cordon.floor_plan_id, plan = asked, plans[asked]
        cordon.polygon = [list(corner) for corner in read_polygon(closing.polygon, plan.width, plan.height)]
        return cordon
    _check_circle(closing)
    cordon.floor_plan_id = drawn_on(plans.values(), incident.equipment_id, incident.area_id) or asked
    around = plans[cordon.floor_plan_id] if cordon.floor_plan_id else None
    said_width_m = closing.plan_width_m if cordon.floor_plan_id == asked else None
    cordon.radius_m = closing.radius_m
    cordon.plan_width_m = said_width_m or (around.width_m if around else None)
    cordon.x, cordon.y = (centre_of(incident, around) if around else None) or (None, None)
    return cordon


def _check_circle(closing: Closing) -> None:
    """Raises Invalid beside the fields."""
    wrong: dict[str, str] = {}
    if closing.shape != Shape.CIRCLE:
        wrong["shape"] = N_("请选择怎么划警戒区")
    if closing.radius_m is None or not LEAST_RADIUS_M <= closing.radius_m <= MOST_RADIUS_M:
        wrong["radius_m"] = N_("请填写 1 到 5000 的数")
    if closing.plan_width_m is not None and not 1 <= closing.plan_width_m <= MOST_WIDTH_M:
        wrong["plan_width_m"] = N_("请填写 1 到 20000 的数，不知道就留空")
    if wrong:
        raise Invalid(fields=wrong)


async def _log(session: AsyncSession, actor: Actor, incident: Incident, deed: Deed, cordon: Cordon, said: Said) -> None:
    about = _about(cordon, await floors_of(session, actor))
    told = await heard_before(session, incident)
    await write_line(session, incident, deed, said, person_id=actor.person_id, change={"about": about}, told=told)
    lifted = deed is Deed.CORDON_LIFTED
    change = {"cordon": [about["zh"], None] if lifted else [None, about["zh"]]}
    await record_change(
        session, actor, "incident.lift_cordon" if lifted else "incident.cordon", "incident", incident.id, change
    )


def _about(cordon: Cordon, floors: Floors) -> dict[str, str]:
    """What is closed, in both languages; on which floor, where there are several."""
    if cordon.shape == Shape.CIRCLE:
        about = {"zh": f"事发处周围 {cordon.radius_m:g} 米", "en": f"{cordon.radius_m:g} m around it"}
    else:
        about = {"zh": "图上划出的范围", "en": "The ground drawn on the plan"}
    plan = floors.plan(cordon.floor_plan_id or floors.first_id) if floors.several else None
    if plan is None:
        return about
    return {"zh": f"{about['zh']}（{plan.name}）", "en": f"{about['en']} ({plan.name_en or plan.name})"}
