"""Grade a source: append to its history, and let the levels follow."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import N_, Invalid
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.risks.commands.settling import settle_level
from backend.risks.commands.telling import tell
from backend.risks.grading import Bands, Score, grade
from backend.risks.models import HazardSource, RiskGrading, RiskPoint
from backend.risks.queries.one import source_of
from backend.risks.queries.policy import bands_of
from backend.risks.terms import LONGEST_WORDS


async def grade_source(
    session: AsyncSession, actor: Actor, source_id: int, score: Score, *, residual: bool, why: str
) -> RiskGrading:
    """Grade it anew; the former grading stays. A first one needs no reason.

    Raises Forbidden, NotFound, Invalid by field.
    """
    require(actor, "risks.edit")
    point, source = await source_of(session, actor, source_id)
    point = await get_visible(session, actor, RiskPoint, point.id, lock=True)
    if len(why) > LONGEST_WORDS:
        raise Invalid(fields={"why": N_("内容太长，请精简")})
    former = source.residual_level if residual else source.inherent_level
    if former and not why.strip():
        raise Invalid(fields={"why": N_("重新评级要写明原因")})
    grading = await add_grading(session, actor, source, score, await bands_of(session, actor), residual, why)
    await settle_level(session, actor, point)
    point.version += 1
    change = {
        "source": [None, source.name],
        "residual": [None, residual],
        "level": [former or None, grading.level],
        "value": [None, grading.value],
        "reason": [None, why.strip()],
    }
    await record_change(session, actor, "risk.grade", "risk_point", point.id, change)
    await tell(session, actor, point, "graded")
    return grading


async def add_grading(
    session: AsyncSession, actor: Actor, source: HazardSource, score: Score, bands: Bands, residual: bool, why: str
) -> RiskGrading:
    """Append a grading and set the source's level by it. Raises Invalid by field. The caller settles the point."""
    graded = grade(score, bands)
    grading = RiskGrading(
        site_id=source.site_id,
        source_id=source.id,
        residual=residual,
        method=score.method,
        l=score.l,
        e=score.e,
        c=score.c,
        s=score.s,
        value=graded.value,
        level=graded.level,
        bands=list(bands.of(score.method)),
        graded_by=actor.person_id,
        why=why.strip(),
    )
    session.add(grading)
    setattr(source, "residual_level" if residual else "inherent_level", str(graded.level))
    await session.flush()
    return grading


async def newest_gradings(session: AsyncSession, actor: Actor) -> list[tuple[RiskPoint, HazardSource, RiskGrading]]:
    """Of every source in use its present gradings, inherent and residual."""
    newest = (
        select(col(RiskGrading.id))
        .where(visible(actor, RiskGrading))
        .ext(distinct_on(col(RiskGrading.source_id), col(RiskGrading.residual)))
        .order_by(col(RiskGrading.source_id), col(RiskGrading.residual), col(RiskGrading.id).desc())
    )
    statement = (
        select(RiskPoint, HazardSource, RiskGrading)
        .join(HazardSource, col(HazardSource.risk_point_id) == col(RiskPoint.id))
        .join(RiskGrading, col(RiskGrading.source_id) == col(HazardSource.id))
        .where(visible(actor, RiskPoint), col(HazardSource.dropped_at).is_(None), col(RiskGrading.id).in_(newest))
        .order_by(col(RiskGrading.id))
    )
    return [(point, source, grading) for point, source, grading in await session.execute(statement)]
