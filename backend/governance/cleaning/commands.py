"""What people decide of suspect data, and take back: the records or values count or don't, audited, in one go.

Figures feed the assessment of people, so nobody decides what becomes of their own records.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid
from backend.core.events import record_event
from backend.exclusions.commands import lift
from backend.governance.cleaning.applying import apply
from backend.governance.cleaning.models import (
    CaseState,
    CleaningCase,
    CleaningDecision,
    CleaningRecord,
    Subject,
    Suspicion,
)
from backend.governance.cleaning.queries.records import holds_own
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.telemetry.quality.rolling import take_back

LONGEST_NOTE = 500
MOST_AT_ONCE = 50
GROWING = (Subject.VALUES, Subject.SOURCE)
"""Values go on while somebody looks at them: what is decided of a stretch holds for the rest of it."""


async def decide(
    session: AsyncSession,
    actor: Actor,
    case_id: int,
    state: CaseState,
    *,
    note: str = "",
    kept_id: int | None = None,
    seen: int | None = None,
) -> CleaningDecision:
    """Exclude what the case is about, or keep it as genuine. ``kept_id``: of duplicates the one that stays; ``seen``:
    how many records the case had when the actor looked at it.

    The indicators and the days of sources follow within a minute. Raises Forbidden, NotFound, Conflict where somebody
    has decided already, a record is the actor's own or records came meanwhile, Invalid by ``note`` or ``kept_id``.
    """
    case = await _to_decide(session, actor, case_id)
    if case.state != CaseState.OPEN:
        raise Conflict(N_("这一条已经处理过了，可以先撤销再改"))
    if seen not in (None, case.count) and case.subject not in GROWING:
        raise Conflict(N_("这一条刚刚又多了记录，请看过再处理"))
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
    session: AsyncSession,
    actor: Actor,
    case_ids: Collection[int],
    state: CaseState,
    *,
    note: str = "",
    seen: Mapping[int, int] | None = None,
) -> int:
    """The same decision for several cases, all or none; gives how many. ``seen``: by case how many records it had when
    the actor looked at it. Raises as ``decide``, and Invalid for none or more than ``MOST_AT_ONCE``."""
    require(actor, "data.clean")
    if not case_ids:
        raise Invalid(N_("先勾选要处理的条目"))
    if len(case_ids) > MOST_AT_ONCE:
        raise Invalid(N_("一次最多处理 %(n)s 条"), n=MOST_AT_ONCE)
    looked = seen or {}
    if grown := await _grown(session, actor, set(case_ids) & looked.keys(), looked):
        raise Conflict(N_("所选的有 %(n)s 条刚刚又多了记录，请看过再处理"), n=grown)
    for case_id in sorted(set(case_ids)):
        await decide(session, actor, case_id, state, note=note, seen=looked.get(case_id))
    return len(set(case_ids))


async def _grown(session: AsyncSession, actor: Actor, case_ids: Collection[int], seen: Mapping[int, int]) -> int:
    """To how many of the cases records came since they had as many as ``seen`` says."""
    rows = await session.execute(
        select(col(CleaningCase.id), col(CleaningCase.count)).where(
            visible(actor, CleaningCase),
            col(CleaningCase.id).in_(case_ids),
            col(CleaningCase.state) == CaseState.OPEN,
            col(CleaningCase.subject).not_in(GROWING),
        )
    )
    return sum(count != seen[case_id] for case_id, count in rows)


async def undo(session: AsyncSession, actor: Actor, case_id: int) -> None:
    """Take the decision back: everything counts as before, and the case waits again. Raises Forbidden, NotFound,
    Conflict where nothing is decided or a record is the actor's own."""
    case = await _to_decide(session, actor, case_id)
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


async def _to_decide(session: AsyncSession, actor: Actor, case_id: int) -> CleaningCase:
    """The case, locked, for who may say what becomes of it."""
    require(actor, "data.clean")
    case = await get_visible(session, actor, CleaningCase, case_id, lock=True)
    if await holds_own(session, actor, case.id):
        raise Conflict(N_("这里有您自己的记录，请由别人处理"))
    return case


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
