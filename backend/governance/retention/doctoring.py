"""What the doctor says of the nightly round, over all sites."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.governance.findings import Finding, Verdict
from backend.identity.permissions import system_query

STUCK_H = 24.0
"""A night's round that isn't over so long after it began is named."""


@dataclass(frozen=True)
class LastRounds:
    """``last_h``: hours since a kind was last done with; None: never. ``stuck``: kinds begun long ago and not over."""

    last_h: float | None
    stuck: int
    deleted: int
    """Rows of the last day."""
    held: int


@system_query("figures of the whole installation, without any row of a site")
async def last_rounds(session: AsyncSession) -> LastRounds:
    """How the rounds of late came out."""
    row = await session.execute(
        text(
            "SELECT EXTRACT(epoch FROM now() - max(finished_at))::float / 3600 AS last_h,"
            " count(*) FILTER (WHERE finished_at IS NULL AND started_at < now() - make_interval(hours => :h)) AS stuck,"
            " COALESCE(sum(deleted) FILTER (WHERE finished_at > now() - interval '1 day'), 0)::bigint AS deleted,"
            " COALESCE(sum(held) FILTER (WHERE finished_at > now() - interval '1 day'), 0)::bigint AS held"
            " FROM retention_run WHERE night > CURRENT_DATE - 30"
        ),
        {"h": int(STUCK_H)},
    )
    return LastRounds(**row.mappings().one())


def of_retention(last: LastRounds) -> Finding:
    """A round that doesn't end is a warning: nothing is lost by it but room on the disk."""
    values = {"last_h": last.last_h, "stuck": last.stuck, "deleted": last.deleted, "held": last.held}
    if last.stuck:
        zh = f"{last.stuck} 类数据的清理一天多没有做完：请看 worker 的日志"
        en = f"{last.stuck} kinds not done with for more than a day: see the worker's log"
        return Finding("retention", Verdict.WARNING, zh, en, values)
    if last.last_h is None:
        return Finding("retention", Verdict.OK, "还没有到第一次清理", "the first round is still to come", values)
    zh = f"最近一天删除 {last.deleted} 行，留住 {last.held} 项"
    return Finding("retention", Verdict.OK, zh, f"{last.deleted} rows deleted in a day, {last.held} held back", values)
