"""What people do with a review: whose duty it was says how it came, who leads writes remarks. Nothing is changed."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import N_, Conflict, Forbidden, Invalid, NotFound
from backend.core.events import record_event
from backend.core.idempotency import keep_result
from backend.hazards.plan import tidy
from backend.hazards.recording import Sent, first_id
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.identity.scoping import get_visible
from backend.incidents.models import Incident
from backend.incidents.recording import MOST_LETTERS
from backend.incidents.review.models import IncidentReview, Lapse, LapseReply
from backend.incidents.review.queries import newest_of

MOST_REMARKS = 4000


async def reply(session: AsyncSession, actor: Actor, lapse_id: int, words: str, idempotency_key: str = "") -> Lapse:
    """The person concerned answers; as often as they like. A repeated key gives the first one's. Who leads the
    incident, or closed it, hears it.

    Raises NotFound, Forbidden (it is somebody else's), Invalid by field, Conflict for a key used otherwise.
    """
    require(actor, "incidents.see")
    lapse = await get_visible(session, actor, Lapse, lapse_id)
    if lapse.person_id != actor.person_id:
        raise Forbidden(N_("只有本人能说明"))
    request = {"id": lapse_id, "words": words}
    if await first_id(session, actor, Sent(idempotency_key=idempotency_key), "lapse.reply", request) is not None:
        return lapse
    said = tidy(words)
    if not said:
        raise Invalid(fields={"words": N_("请写下您的说明")})
    if len(said) > MOST_LETTERS:
        raise Invalid(fields={"words": N_("内容太长，请精简")})
    row = LapseReply(site_id=actor.site_id, lapse_id=lapse.id, person_id=actor.person_id, words=said)
    session.add(row)
    await session.flush()
    incident = await get_visible(session, actor, Incident, lapse.incident_id)
    await record_change(session, actor, "incident.reply", "incident", incident.id, {"lapse": [None, lapse.id]})
    await _tell(session, actor, incident)
    if idempotency_key:
        await keep_result(session, actor.person_id, idempotency_key, {"id": row.id})
    return lapse


async def remark(
    session: AsyncSession, actor: Actor, incident_id: int, words: str, version: int | None, idempotency_key: str = ""
) -> IncidentReview:
    """Write the remarks anew as a further version. A repeated key gives the first one's.

    Raises NotFound (also where there is no report yet), Conflict when somebody wrote after ``version`` was read,
    Invalid by field, Forbidden.
    """
    require(actor, "incidents.lead")
    await get_visible(session, actor, Incident, incident_id, lock=True)
    request = {"id": incident_id, "words": words}
    known = await first_id(session, actor, Sent(idempotency_key=idempotency_key), "review.remark", request)
    if known is not None:
        return await get_visible(session, actor, IncidentReview, known)
    newest = await newest_of(session, actor, incident_id)
    if newest is None:
        raise NotFound()
    if version is not None and version != newest.version:
        raise Conflict(N_("报告刚才有了新的一版，请查看后再改"))
    said = tidy(words)
    if len(said) > MOST_REMARKS:
        raise Invalid(fields={"words": N_("内容太长，请精简")})
    row = IncidentReview(
        site_id=actor.site_id,
        incident_id=incident_id,
        version=newest.version + 1,
        content=newest.content,
        remarks=said,
        author_id=actor.person_id,
    )
    session.add(row)
    await session.flush()
    change = {"remarks": [newest.remarks, said], "version": [newest.version, row.version]}
    await record_change(session, actor, "incident.remark", "incident", incident_id, change)
    await record_event(
        session,
        site_id=actor.site_id,
        kind="incident.reviewed",
        subject="incident",
        subject_id=incident_id,
        actor_id=actor.person_id,
        data={
            "title_zh": "复盘备注有改动",
            "title_en": "Remarks of a review changed",
            "url": f"/incidents/{incident_id}/review",
        },
    )
    if idempotency_key:
        await keep_result(session, actor.person_id, idempotency_key, {"id": row.id})
    return row


async def _tell(session: AsyncSession, actor: Actor, incident: Incident) -> None:
    """What was said stays on the page of those who may see it: the event names the incident alone."""
    told = {incident.lead_id, incident.closed_by} - {None, actor.person_id}
    await record_event(
        session,
        site_id=incident.site_id,
        kind="duty.answered",
        subject="duty",
        subject_id=incident.id,
        actor_id=actor.person_id,
        data={
            "title_zh": f"事件 {incident.number} 有人作了说明",
            "title_en": f"Somebody answered on incident {incident.number}",
            "url": f"/incidents/{incident.id}/duties",
            "number": incident.number,
            "told": sorted(one for one in told if one is not None),
        },
    )
