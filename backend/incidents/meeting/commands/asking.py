"""Writing the 5-why, each time as a further version."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import N_, Conflict
from backend.identity.actor import Actor
from backend.incidents.meeting.commands.holding import lead, note
from backend.incidents.meeting.lifecycle import Step
from backend.incidents.meeting.models import WhyChain
from backend.incidents.meeting.queries.evidence import evidence_of
from backend.incidents.meeting.queries.meetings import whys_of
from backend.incidents.meeting.whys import Why, checked


async def ask_why(
    session: AsyncSession, actor: Actor, incident_id: int, lines: Sequence[Why], factor: str, version: int
) -> WhyChain:
    """Keep the chain; ``version`` is that of the page, 0 where none was written yet. Evidence keeps its words of now.

    Raises NotFound, Forbidden, Conflict (state; somebody wrote meanwhile), Invalid by field.
    """
    held = await lead(session, actor, incident_id, Step.ASK_WHY)
    newest = await whys_of(session, actor, held.meeting.id)
    known = newest.version if newest else 0
    evidence = await evidence_of(session, actor, incident_id)
    kept = {one["cite"]["key"] for one in newest.lines if one["cite"]} if newest else set()
    said = checked(lines, factor, evidence.keys() | kept)
    if version != known:
        raise Conflict(N_("刚才有人写了新的一版 5-Why，请查看后再改"))
    before = {one["cite"]["key"]: one["cite"] for one in newest.lines if one["cite"]} if newest else {}
    cites = {key: vars(one) for key, one in evidence.items()} | before
    row = WhyChain(
        site_id=actor.site_id,
        meeting_id=held.meeting.id,
        version=known + 1,
        lines=[{"question": one.question, "answer": one.answer, "cite": cites.get(one.cite)} for one in said],
        factor=factor,
        author_id=actor.person_id,
    )
    session.add(row)
    change = {"version": [known or None, row.version], "root": [None, said[-1].answer]}
    await note(session, actor, held, "ask_why", change)
    return row
