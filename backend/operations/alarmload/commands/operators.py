"""How many operators bear a site's alarms."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import N_, Invalid
from backend.core.events import record_event
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.operations.alarmload.models import AlarmOperators

MOST_OPERATORS = 500


async def set_operators(session: AsyncSession, actor: Actor, written: str) -> int | None:
    """Take ``written`` as the number of operators; empty: as many as teams keep areas. Raises Invalid."""
    require(actor, "rules.edit")
    number = int(written) if written.strip().isascii() and written.strip().isdigit() and len(written) < 9 else None
    if written.strip() and (number is None or not 1 <= number <= MOST_OPERATORS):
        raise Invalid(fields={"operators": N_("请填写 1 到 500 的整数，留空则按班组数")})
    wanted = select(AlarmOperators).where(visible(actor, AlarmOperators)).with_for_update()
    known = (await session.execute(wanted)).scalar_one_or_none()
    before = known.operators if known else None
    if number == before:
        return number
    if number is None and known is not None:
        await session.delete(known)
    elif number is not None:
        row = known or AlarmOperators(site_id=actor.site_id, operators=number)
        row.operators = number
        session.add(row)
    await session.flush()
    await record_change(session, actor, "alarm_load.operators", "site", actor.site_id, {"operators": [before, number]})
    await record_event(
        session,
        site_id=actor.site_id,
        kind="alarm_load.operators",
        subject="site",
        subject_id=actor.site_id,
        actor_id=actor.person_id,
        data={"operators": number, "url": "/alarm-load"},
    )
    return number
