"""Ticking a step of an incident's plan: on the phone at once, in the log when it arrives."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import N_, Invalid
from backend.core.idempotency import keep_result
from backend.hazards.recording import Sent, first_id
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.identity.scoping import get_visible
from backend.incidents.models import Deed, Incident, IncidentKind
from backend.incidents.recording import Said, write_line
from backend.incidents.response.models import PlanTick, TickState
from backend.incidents.response.queries.plans import step_known

_DEEDS = {
    TickState.DONE: Deed.STEP_DONE,
    TickState.NOT_NEEDED: Deed.STEP_SKIPPED,
    TickState.TAKEN_BACK: Deed.STEP_UNDONE,
}


async def tick_step(
    session: AsyncSession, actor: Actor, incident_id: int, step_key: str, state: str, said: Said
) -> PlanTick:
    """Say that a step is done, isn't needed, or isn't done after all; also after the incident is over, since a phone
    may have had no network. A repeat gives the first one.

    The step may be of any plan of the site: the kind may have been corrected while the phone was away. Raises NotFound,
    Invalid (no such step or state), Conflict for a key used otherwise.
    """
    require(actor, "incidents.report")
    incident = await get_visible(session, actor, Incident, incident_id)
    content = {"id": incident_id, "step": step_key, "state": state, "words": said.words}
    known = await first_id(session, actor, Sent(idempotency_key=said.idempotency_key), "tick", content)
    if known is not None:
        return await get_visible(session, actor, PlanTick, known)
    if state not in set(TickState):
        raise Invalid(fields={"state": N_("请选择这一步做了没有")})
    found = await step_known(session, actor, IncidentKind(incident.kind), step_key)
    if found is None:
        raise Invalid(fields={"step": N_("预案里没有这一步，请刷新页面")})
    step, version = found
    line = await write_line(
        session,
        incident,
        _DEEDS[TickState(state)],
        said,
        person_id=actor.person_id,
        change={"about": {"zh": step.text, "en": step.text_en}},
    )
    tick = PlanTick(
        site_id=actor.site_id,
        incident_id=incident.id,
        disposal_id=line.id,
        step_key=step.key,
        text=step.text,
        text_en=step.text_en,
        state=state,
        plan_version=version,
    )
    session.add(tick)
    await session.flush()
    await record_change(session, actor, "incident.tick", "incident", incident.id, {"step": [None, step.text]})
    if said.idempotency_key:
        await keep_result(session, actor.person_id, said.idempotency_key, {"id": tick.id})
    return tick
