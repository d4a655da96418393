"""What people decide of suspect data, and take back: the records or values count or don't, audited, in one go."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid
from backend.core.events import record_event
from backend.exclusions.commands import lift
from backend.governance.cleaning.applying import apply
from backend.governance.cleaning.models import CaseState, CleaningCase, CleaningDecision, CleaningRecord, Suspicion
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.telemetry.quality.rolling import take_back

LONGEST_NOTE = 500
MOST_AT_ONCE = 50


async def decide(
    session: AsyncSession,
    actor: Actor,
    case_id: int,
    state: CaseState,
    *,
    note: str = "",
    kept_id: int | None = None,
) -> CleaningDecision:
    """Exclude what the case is about, or keep it as genuine. ``kept_id``: of duplicates the one that stays.

    The indicators and the days of sources follow within a minute. Raises Forbidden, NotFound, Conflict where somebody
    has decided already, Invalid by ``note`` or ``kept_id``.
    """
    require(actor, "data.clean")
    case = await get_visible(session, actor, CleaningCase, case_id, lock=True)
    if case.state != CaseState.OPEN:
        raise Conflict(N_("这一条已经处理过了，可以先撤销再改"))
    if len(note) > LONGEST_NOTE:
        raise Invalid(fields={"note": N_("最多 %(n)s 个字")}, n=LONGEST_NOTE)
    if kept_id is not None:
        await _check_kept(session, actor, case, kept_id)
    said = await apply(session, actor, case, state, kept_id)
    decision = CleaningDecision(
        site_id=actor.site_id,
        case_id=case.id,
        state=state,
        note=note.strip(),
        kept_id=kept_id if state == CaseState.EXCLUDED else None,
        verdict_ids=said,
        made_by=actor.person_id,
    )
    session.add(decision)
    case.state = state
    await session.flush()
    change: dict[str, list[object]] = {
        "state": [CaseState.OPEN, state],
        "note": ["", decision.note],
        "kept_id": [None, decision.kept_id],
    }
    await _record(session, actor, case, "decided", change)
    return decision


async def decide_many(
    session: AsyncSession, actor: Actor, case_ids: Collection[int], state: CaseState, *, note: str = ""
) -> int:
    """The same decision for several cases, all or none; gives how many. Raises as ``decide``, and Invalid for none or
    more than ``MOST_AT_ONCE``."""
    require(actor, "data.clean")
    if not case_ids:
        raise Invalid(N_("先勾选要处理的条目"))
    if len(case_ids) > MOST_AT_ONCE:
        raise Invalid(N_("一次最多处理 %(n)s 条"), n=MOST_AT_ONCE)
    for case_id in sorted(set(case_ids)):
        await decide(session, actor, case_id, state, note=note)
    return len(set(case_ids))


async def undo(session: AsyncSession, actor: Actor, case_id: int) -> None:
    """Take the decision back: everything counts as before, and the case waits again. Raises Forbidden, NotFound,
    Conflict where nothing is decided."""
    require(actor, "data.clean")
    case = await get_visible(session, actor, CleaningCase, case_id, lock=True)
    if case.state == CaseState.OPEN:
        raise Conflict(N_("这一条已经撤销了"))
    decision = (
        await session.scalars(
            select(CleaningDecision)
            .where(
                visible(actor, CleaningDecision),
                col(CleaningDecision.case_id) == case.id,
                col(CleaningDecision.undone_at).is_(None),
            )
            .order_by(col(CleaningDecision.id).desc())
            .limit(1)
        )
    ).one()
    await lift(session, actor, case.id)
    for verdict_id in decision.verdict_ids:
        await take_back(session, actor.site_id, verdict_id)
    decision.undone_at, decision.undone_by = now(), actor.person_id
    before, case.state = case.state, CaseState.OPEN
    await session.flush()
    await _record(session, actor, case, "taken_back", {"state": [before, CaseState.OPEN]})


async def _check_kept(session: AsyncSession, actor: Actor, case: CleaningCase, kept_id: int) -> None:
    one = select(col(CleaningRecord.id)).where(
        visible(actor, CleaningRecord),
        col(CleaningRecord.case_id) == case.id,
        col(CleaningRecord.record_id) == kept_id,
    )
    if case.suspicion != Suspicion.DUPLICATE or await session.scalar(one.limit(1)) is None:
        raise Invalid(fields={"kept_id": N_("请选择一项")})


async def _record(
    session: AsyncSession, actor: Actor, case: CleaningCase, verb: str, change: dict[str, list[object]]
) -> None:
    await record_change(session, actor, f"cleaning.{verb}", "cleaning_case", case.id, change)
    await record_event(
        session,
        site_id=actor.site_id,
        kind=f"cleaning.{verb}",
        subject="cleaning",
        subject_id=case.id,
        actor_id=actor.person_id,
        data={"state": case.state, "url": f"/data-cleaning/{case.id}"},
    )
