"""Somebody appeals against a lost point; somebody above, who didn't judge it, answers."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid
from backend.core.files import store_picture
from backend.core.pictures import Picture
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.identity.scoping import get_visible
from backend.operations.duty.appealing import LONGEST_WORDS, check_answerer, check_appealable
from backend.operations.duty.commands.correcting import correct
from backend.operations.duty.models import AppealState, DutyAppeal
from backend.operations.duty.queries.statements import of_person
from backend.operations.duty.rules import GAINS
from backend.operations.duty.scoring import Row
from backend.operations.duty.telling import tell_answered, tell_appealed


@dataclass(frozen=True)
class Complaint:
    """Which point of which month, why it shouldn't count, and a picture that shows it."""

    month: date
    row_key: str
    reason: str
    pictures: Sequence[Picture] = ()


async def appeal_point(session: AsyncSession, actor: Actor, said: Complaint) -> DutyAppeal:
    """Appeal against one of the actor's own lost points; sent twice it is the first.

    Raises Forbidden, Invalid by field, Conflict when the time to appeal is over or nothing was lost by it.
    """
    require(actor, "duty.see")
    if not 0 < len(said.reason.strip()) <= LONGEST_WORDS:
        raise Invalid(fields={"reason": N_("请写明原因")})
    view = await of_person(session, actor, actor.person_id, said.month)
    if said.row_key in view.appeals:
        return view.appeals[said.row_key]
    line = view.result.line(said.row_key) if view.result else None
    if line is None or line.row.kind in GAINS:
        raise Conflict(N_("这一条现在没有扣分，不需要申诉"))
    check_appealable(view.rule.rule, view.frozen_at, now())
    picture = await store_picture(said.pictures[0]) if said.pictures else None
    appeal = DutyAppeal(
        site_id=actor.site_id,
        person_id=actor.person_id,
        month=said.month,
        row_key=said.row_key,
        row=asdict(line.row),
        points=abs(line.points),
        reason=said.reason.strip(),
        photo_path=picture.path if picture else "",
        photo_thumbnail_path=picture.thumbnail_path if picture else "",
        due_at=now() + timedelta(days=view.rule.rule.answer_days),
    )
    session.add(appeal)
    await session.flush()
    await record_change(session, actor, "duty.appeal", "duty_appeal", appeal.id, {"row": [None, said.row_key]})
    await tell_appealed(session, actor, appeal)
    return appeal


async def answer_appeal(
    session: AsyncSession, actor: Actor, appeal_id: int, *, upheld: bool, answer: str
) -> tuple[DutyAppeal, Decimal | None]:
    """Uphold it, by which the score is computed anew without the point, or refuse it with a reason; gives the score.

    Raises Forbidden for who may not answer it, NotFound, Invalid without a reason, Conflict when it is answered.
    """
    require(actor, "duty.govern")
    appeal = await get_visible(session, actor, DutyAppeal, appeal_id, lock=True)
    check_answerer(actor.person_id, appeal.person_id, Row(**appeal.row).by)
    if appeal.state != AppealState.OPEN:
        raise Conflict(N_("这条申诉已经答复"))
    if not upheld and not answer.strip():
        raise Invalid(fields={"answer": N_("不成立时请写明理由")})
    if len(answer) > LONGEST_WORDS:
        raise Invalid(fields={"answer": N_("内容太长，请精简")})
    appeal.state = AppealState.UPHELD if upheld else AppealState.REFUSED
    appeal.answer, appeal.answered_by, appeal.answered_at = answer.strip(), actor.person_id, now()
    await session.flush()
    score = await correct(session, actor, appeal) if upheld else None
    change = {"state": [AppealState.OPEN, appeal.state], "answer": ["", appeal.answer]}
    await record_change(session, actor, "duty.answer", "duty_appeal", appeal.id, change)
    await tell_answered(session, actor, appeal)
    return appeal, score
