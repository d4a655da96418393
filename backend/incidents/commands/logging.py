"""What people on site did, into the log: also after the incident is over, since a phone may have had no network."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import N_, Invalid
from backend.core.idempotency import keep_result
from backend.hazards.recording import Sent, first_id
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.identity.scoping import get_visible
from backend.incidents.models import ACTIONS, Deed, Disposal, Incident
from backend.incidents.recording import Said, write_line


async def log_disposal(session: AsyncSession, actor: Actor, incident_id: int, deed: str, said: Said) -> Disposal:
    """Add what was done to the log; nothing that stands there is ever changed. A repeat gives the first one.

    Raises NotFound, Invalid (no such deed; a note that says and shows nothing), Conflict for a key used otherwise.
    """
    require(actor, "incidents.report")
    incident = await get_visible(session, actor, Incident, incident_id)
    content = {"id": incident_id, "deed": deed, "words": said.words}
    known = await first_id(session, actor, Sent(idempotency_key=said.idempotency_key), "disposal", content)
    if known is not None:
        return await get_visible(session, actor, Disposal, known)
    if deed not in ACTIONS:
        raise Invalid(fields={"deed": N_("请选择做了什么")})
    if deed == Deed.NOTE and not (said.tidied or said.pictures or said.voice):
        raise Invalid(fields={"words": N_("请拍一张照片、说一句话，或写几个字")})
    told = [incident.lead_id] if incident.lead_id else []
    line = await write_line(session, incident, Deed(deed), said, person_id=actor.person_id, told=told)
    await record_change(session, actor, "incident.dispose", "incident", incident.id, {"deed": [None, deed]})
    if said.idempotency_key:
        await keep_result(session, actor.person_id, said.idempotency_key, {"id": line.id})
    return line
