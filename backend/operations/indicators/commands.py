"""Setting what a site wants of an indicator: versioned, with a reason, kept in the audit."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import N_, Invalid, NotFound
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.models import Site
from backend.identity.permissions import require, visible
from backend.operations.indicators.models import IndicatorTarget
from backend.operations.indicators.registry import INDICATORS, MEASURES, Kind

MOST_S = 30 * 86_400
MOST_CASES = 1000
LONGEST_REASON = 500


async def set_target(
    session: AsyncSession, actor: Actor, indicator: str, *, typed: str, reason: str, version: int
) -> IndicatorTarget:
    """A further version of the target. ``typed`` as people write it: percent, minutes, cases; ``version``: the one
    that the form showed, 0 for none.

    Raises Forbidden, NotFound for no such indicator, Invalid beside ``target`` and ``reason``, also where somebody set
    another meanwhile.
    """
    require(actor, "indicators.target")
    if indicator not in INDICATORS:
        raise NotFound()
    value = _read(indicator, typed)
    wrong = {} if value is not None else {"target": _ASKS[MEASURES[INDICATORS[indicator].measure].kind]}
    if not reason.strip():
        wrong["reason"] = N_("请写明为什么改")
    elif len(reason.strip()) > LONGEST_REASON:
        wrong["reason"] = N_("请不要超过 500 个字")
    if wrong or value is None:
        raise Invalid(fields=wrong)
    await session.execute(select(col(Site.id)).where(col(Site.id) == actor.site_id).with_for_update(key_share=True))
    of_it = (visible(actor, IndicatorTarget), col(IndicatorTarget.indicator) == indicator)
    known = await session.scalar(select(func.max(col(IndicatorTarget.version))).where(*of_it)) or 0
    if known != version:
        raise Invalid(fields={"target": N_("别人刚刚改过，请刷新后再改")})
    before = await session.scalar(
        select(col(IndicatorTarget.value)).where(*of_it, col(IndicatorTarget.version) == known)
    )
    row = IndicatorTarget(
        site_id=actor.site_id,
        indicator=indicator,
        version=known + 1,
        value=value,
        reason=reason.strip(),
        set_by=actor.person_id,
    )
    session.add(row)
    await session.flush()
    usual = INDICATORS[indicator].usual_target
    change = {indicator: [usual if before is None else before, value], "reason": ["", row.reason]}
    await record_change(session, actor, "indicator.target", "indicator_target", row.id, change)
    return row


_ASKS = {
    Kind.SHARE: N_("请填写 0 到 100 的数"),
    Kind.SCORE: N_("请填写 0 到 100 的数"),
    Kind.DURATION: N_("请填写大于 0 的分钟数"),
    Kind.EFFECT: N_("请填写 -1000 到 1000 的数"),
}


def _read(indicator: str, typed: str) -> float | None:
    """What was typed as the roll-up's value; None for what can't be one."""
    try:
        number = float(typed.strip().rstrip("%％"))
    except ValueError:
        return None
    kind = MEASURES[INDICATORS[indicator].measure].kind
    if kind in {Kind.SHARE, Kind.SCORE}:
        return number / 100 if 0 <= number <= 100 else None
    if kind == Kind.DURATION:
        return number * 60 if 0 < number * 60 <= MOST_S else None
    return number if -MOST_CASES <= number <= MOST_CASES else None
