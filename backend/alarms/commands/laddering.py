"""Setting who is told of an alarm that nobody acknowledges, and after how long; going back to how it was."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.escalation import Ladder
from backend.alarms.ladders import fields_of, ladder_of_fields
from backend.alarms.models import EscalationPolicy, Level
from backend.alarms.queries.ladders import changes, ladders
from backend.core.errors import N_, Conflict, NotFound
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.models import Site
from backend.identity.permissions import require, visible
from backend.identity.undoing import as_before


async def set_ladders(session: AsyncSession, actor: Actor, wanted: Mapping[Level, Ladder], *, seen: int) -> None:
    """Put ``wanted`` in force at the actor's site; an alarm that calls already goes by it from its next rung on.

    ``seen``: the newest change that the form showed, 0 for none. Raises Forbidden, Conflict where somebody else
    changed them meanwhile.
    """
    require(actor, "rules.edit")
    await _hold(session, actor)
    known = await changes(session, actor)
    if (known[0].id if known else 0) != seen:
        raise Conflict(N_("别人刚刚改过，请刷新后再改"))
    before = await ladders(session, actor)
    for level, ladder in wanted.items():
        await _put(session, actor, level, before[level], ladder, "escalation.set")


async def restore_ladder(session: AsyncSession, actor: Actor, entry_id: int) -> Level:
    """Put one level's ladder back to how it stood before a change. Raises Forbidden, NotFound for no such change."""
    require(actor, "rules.edit")
    await _hold(session, actor)
    known = await changes(session, actor)
    chosen = next((entry for entry in known if entry.id == entry_id), None)
    if chosen is None or chosen.change.get("level") not in set(Level):
        raise NotFound()
    level = Level(chosen.change["level"])
    present = (await ladders(session, actor))[level]
    same = [entry for entry in known if entry.object_id == chosen.object_id]
    former = ladder_of_fields(as_before(same, entry_id, fields_of(present)))
    await _put(session, actor, level, present, former, "escalation.restored")
    return level


async def _put(session: AsyncSession, actor: Actor, level: Level, before: Ladder, after: Ladder, action: str) -> None:
    old, new = fields_of(before), fields_of(after)
    change = {name: [old[name], new[name]] for name in old if old[name] != new[name]}
    if not change:
        return
    row = await session.scalar(
        select(EscalationPolicy).where(visible(actor, EscalationPolicy), col(EscalationPolicy.level) == level)
    ) or EscalationPolicy(site_id=actor.site_id, level=level)
    row.steps = [{"after_s": rung.after_s, "roles": [str(role) for role in rung.roles]} for rung in after.rungs]
    row.repeat_s = after.repeat_s
    session.add(row)
    await session.flush()
    await record_change(session, actor, action, "escalation_policy", row.id, {"level": str(level), **change})


async def _hold(session: AsyncSession, actor: Actor) -> None:
    """One at a time: who comes second sees what the first did."""
    await session.execute(select(col(Site.id)).where(col(Site.id) == actor.site_id).with_for_update(key_share=True))
