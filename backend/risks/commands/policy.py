"""Set where levels begin; what is graded now is graded anew by it, with the former grading kept."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.identity.undoing import as_before
from backend.risks.commands.grading import add_grading, newest_gradings
from backend.risks.commands.settling import settle_level
from backend.risks.commands.telling import tell
from backend.risks.grading import Bands, Method, Score, check_bands, grade
from backend.risks.models import RiskPoint, RiskPolicy
from backend.risks.queries.policy import band_changes, bands_of

WHY = "分级界限调整 Bands changed"
"""Stored with what was graded anew, in both languages."""


async def restore_bands(session: AsyncSession, actor: Actor, entry_id: int) -> int:
    """Put them back to how they stood before a change, as ``set_bands``. Raises Forbidden, NotFound for no such
    change."""
    require(actor, "risks.policy")
    present = await bands_of(session, actor)
    changes = await band_changes(session, actor)
    former = as_before(changes, entry_id, {"lec": list(present.lec), "ls": list(present.ls)})
    bands = Bands(lec=tuple(former["lec"]), ls=tuple(former["ls"]))
    return await set_bands(session, actor, bands, deed="risk.policy_restored")


async def set_bands(session: AsyncSession, actor: Actor, bands: Bands, *, deed: str = "risk.policy") -> int:
    """Keep them; gives how many gradings got another level. Raises Forbidden, Invalid by field."""
    require(actor, "risks.policy")
    check_bands(bands)
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('risk_policy'), :site)"), {"site": actor.site_id})
    former = await bands_of(session, actor)
    if former == bands:
        return 0
    policy = RiskPolicy(site_id=actor.site_id, lec=list(bands.lec), ls=list(bands.ls), set_by=actor.person_id)
    session.add(policy)
    await session.flush()
    pairs = {"lec": [list(former.lec), policy.lec], "ls": [list(former.ls), policy.ls]}
    change = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    await record_change(session, actor, deed, "risk_policy", policy.id, change)
    return await _grade_anew(session, actor, bands)


async def _grade_anew(session: AsyncSession, actor: Actor, bands: Bands) -> int:
    touched: dict[int, RiskPoint] = {}
    changed = 0
    for point, source, one in await newest_gradings(session, actor):
        score = Score(Method(one.method), one.l, one.e, one.c, one.s, one.level)
        if grade(score, bands).level == one.level:
            continue
        await add_grading(session, actor, source, score, bands, one.residual, WHY)
        touched[point.id] = point
        changed += 1
    for point in touched.values():
        await settle_level(session, actor, point)
        await tell(session, actor, point, "graded")
    return changed
