"""Setting a site's policy for its rectifications."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.models import Level
from backend.hazards.models import RectificationPolicy
from backend.hazards.policy import Policy
from backend.hazards.queries.recurrence import policy_changes, policy_of
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.identity.undoing import as_before


async def restore_policy(session: AsyncSession, actor: Actor, entry_id: int) -> None:
    """Put the policy back to how it stood before a change. Raises Forbidden, NotFound for no such change."""
    require(actor, "rectifications.policy")
    present, changes = _plain(await policy_of(session, actor)), await policy_changes(session, actor)
    former = as_before(changes, entry_id, present)
    managers = {level: former[f"managers_{level}"] for level in Level}
    await set_policy(session, actor, Policy(former["recurrence_days"], managers), deed="rectification.policy_restored")


async def set_policy(
    session: AsyncSession, actor: Actor, policy: Policy, *, deed: str = "rectification.policy"
) -> None:
    """Set ``policy`` for the actor's site; reminders and openings go by it from now on. Raises Forbidden."""
    require(actor, "rectifications.policy")
    before = _plain(await policy_of(session, actor))
    row = await session.scalar(
        select(RectificationPolicy).where(visible(actor, RectificationPolicy)).with_for_update()
    ) or RectificationPolicy(site_id=actor.site_id, recurrence_days=0)
    row.recurrence_days = policy.recurrence_days
    row.managers_after_days = {str(level): days for level, days in policy.managers_after_days.items()}
    session.add(row)
    await session.flush()
    after = _plain(policy)
    change = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    await record_change(session, actor, deed, "rectification_policy", row.id, change)


def _plain(policy: Policy) -> dict[str, int]:
    """By the names people read in the audit."""
    managers = {f"managers_{level}": days for level, days in policy.managers_after_days.items()}
    return {"recurrence_days": policy.recurrence_days, **managers}
