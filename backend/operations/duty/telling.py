"""Writes duty performance into the event log; nobody learns of it but who is named (``delivery.audience``)."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.events import record_event
from backend.identity.actor import Actor
from backend.operations.duty.models import AppealState, DutyAppeal
from backend.operations.duty.queries.answerers import answerers
from backend.operations.duty.scoring import Row


async def tell_appealed(session: AsyncSession, actor: Actor, appeal: DutyAppeal) -> None:
    """Told is who can answer it."""
    told = await answerers(session, actor, appeal)
    words = (f"履职申诉待答复：{actor.name}", f"Duty appeal to answer: {actor.name_en or actor.name}")
    await _tell(session, appeal.site_id, "appealed", appeal.id, words, f"/duty/appeals/{appeal.id}", told, actor)


async def tell_answered(session: AsyncSession, actor: Actor, appeal: DutyAppeal) -> None:
    """Told is who appealed, and whose judgement it was."""
    upheld = appeal.state == AppealState.UPHELD
    zh = "履职申诉成立，得分已重算" if upheld else "履职申诉未成立"
    en = "Duty appeal upheld, score re-computed" if upheld else "Duty appeal refused"
    row = Row(**appeal.row)
    told = {appeal.person_id, *([row.by] if row.by else [])} - {actor.person_id}
    words = (f"{zh}：{row.words}", f"{en}: {row.words_en or row.words}")
    await _tell(session, appeal.site_id, "answered", appeal.id, words, f"/duty/appeals/{appeal.id}", told, actor)


async def tell_frozen(session: AsyncSession, site_id: int, month_id: int, month: date, told: Iterable[int]) -> None:
    """Everybody's statement of the month is made."""
    words = (f"{month:%Y-%m} 履职月度单已生成", f"Duty statement of {month:%Y-%m} is ready")
    await _tell(session, site_id, "frozen", month_id, words, f"/duty/me?month={month:%Y-%m}", told, None)


async def tell_behind(session: AsyncSession, site_id: int, statement_id: int, lapses: int, person_id: int) -> None:
    """Somebody falls behind in the month that runs."""
    words = (
        f"本月履职有 {lapses} 处失分，还来得及补上",
        f"{lapses} lapses in your duties this month: still time to catch up",
    )
    await _tell(session, site_id, "behind", statement_id, words, "/duty/me", {person_id}, None)


async def tell_decided(session: AsyncSession, actor: Actor, reward_id: int, words: str, person_id: int) -> None:
    """A reward was granted."""
    both = (f"履职奖惩已确认：{words}", f"Reward confirmed: {words}")
    await _tell(session, actor.site_id, "granted", reward_id, both, "/duty/me", {person_id}, actor)


async def _tell(
    session: AsyncSession,
    site_id: int,
    verb: str,
    subject_id: int,
    words: tuple[str, str],
    url: str,
    told: Iterable[int],
    actor: Actor | None,
) -> None:
    await record_event(
        session,
        site_id=site_id,
        kind=f"duty_score.{verb}",
        subject="duty_score",
        subject_id=subject_id,
        story=f"duty_score_{verb}:{subject_id}",
        actor_id=actor.person_id if actor else None,
        data={"title_zh": words[0], "title_en": words[1], "url": url, "told": sorted(set(told))},
    )
