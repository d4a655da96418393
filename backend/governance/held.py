"""What the doctor says of the stores of refused messages, over all sites."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.governance.findings import Finding, Verdict
from backend.identity.permissions import system_query

RECENT_DAYS = 7
"""A loss so recent is a warning: some gateway still sends what is refused."""


@dataclass(frozen=True)
class HeldState:
    """Messages held and their bytes; those that had to go for newer ones, ever and whether lately."""

    messages: int
    size: int
    lost: int
    lately: bool


@system_query("figures of the whole installation, without any row of a site")
async def held_state(session: AsyncSession) -> HeldState:
    """How full the stores are."""
    row = await session.execute(
        text(
            "SELECT (SELECT count(*) FROM held_message) AS messages,"
            " (SELECT COALESCE(sum(size), 0) FROM held_message)::bigint AS size,"
            " COALESCE(sum(messages), 0)::bigint AS lost,"
            " COALESCE(bool_or(last_at > now() - make_interval(days => :days)), false) AS lately FROM held_loss"
        ),
        {"days": RECENT_DAYS},
    )
    return HeldState(**row.mappings().one())


def of_held(state: HeldState) -> Finding:
    """What went for lack of room can't be taken in any more: that is worth a warning, for a week."""
    megabytes = round(state.size / 1e6, 1)
    values = {"messages": state.messages, "megabytes": megabytes, "lost": state.lost}
    zh, en = f"保留 {state.messages} 条，{megabytes} MB", f"{state.messages} messages held, {megabytes} MB"
    if state.lately:
        zh = f"{zh}；空间已满，已删去 {state.lost} 条：请看“拒收记录”，先解决原因"
        en = f"{en}; no room, {state.lost} went: see Rejections and mend their cause first"
        return Finding("held", Verdict.WARNING, zh, en, values)
    return Finding("held", Verdict.OK, zh, en, values)
