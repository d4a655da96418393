"""A trial at work: readings day by day through all versions, in a thread, then the comparison. System role.

Who asks waits a little; what takes longer a worker does as a job, which tells how far it is.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.drafts import RuleDraft
from backend.core.clock import now
from backend.core.database import Database
from backend.core.jobs import JobContext
from backend.identity.permissions import system_query
from backend.operations.alarmload.candidates import Candidate, candidates, caps_of, chosen, rule_of, signal_of
from backend.operations.alarmload.comparing import Comparison, Needed, compare
from backend.operations.alarmload.models import Purpose, RuleTrial, TrialState
from backend.operations.alarmload.queries.readings import pieces
from backend.operations.alarmload.queries.trials import needed, running_trial, tell_progress
from backend.operations.alarmload.replaying import Episode, Piece, Versions

PATIENCE_S = 2.0
"""So long a person waits for the answer itself."""
_COLUMNS = 160
"""Cells of the drawing; in each the lowest and the highest value."""
_MOST_SHOWN = 60
"""Alarms whose stretches are drawn, the latest."""

Progress = Callable[[float], Awaitable[None]]


class TooLong(Exception):
    """The budget is used up."""


@dataclass
class _Trend:
    """Lowest and highest value of each cell of [from_at, to_at)."""

    from_at: float
    cell_s: float
    low: Any
    high: Any
    readings: int = 0

    def take(self, piece: Piece) -> None:
        if len(piece):
            cell = np.clip(((piece.at - self.from_at) // self.cell_s).astype(int), 0, _COLUMNS - 1)
            np.fmin.at(self.low, cell, piece.value)
            np.fmax.at(self.high, cell, piece.value)
            self.readings += len(piece)

    def cells(self) -> list[tuple[int, float, float]]:
        known = np.flatnonzero(~np.isnan(self.low))
        middle = self.from_at + (known + 0.5) * self.cell_s
        return [
            (int(at), low, high)
            for at, low, high in zip(middle, self.low[known].tolist(), self.high[known].tolist(), strict=True)
        ]


async def begin(session: AsyncSession, trial: RuleTrial) -> bool:
    """Do the trial now if that is soon done; False: it takes longer than ``PATIENCE_S``."""
    try:
        await _work(session, trial, until=time.monotonic() + PATIENCE_S)
    except TooLong:
        return False
    return True


async def work_on_trial(context: JobContext) -> None:
    """The job: the whole trial from its beginning, however long."""
    trial = await running_trial(context.session, int(context.payload["trial_id"]))
    if trial is None:
        return
    told = time.monotonic()

    async def progress(share: float) -> None:
        nonlocal told
        if time.monotonic() - told > 1.0:
            told = time.monotonic()
            await _tell(context.database, trial.id, share)

    await _work(context.session, trial, progress=progress)


async def _tell(database: Database, trial_id: int, share: float) -> None:
    async with database.session() as session:
        await tell_progress(session, trial_id, share)


async def _work(
    session: AsyncSession, trial: RuleTrial, *, until: float | None = None, progress: Progress | None = None
) -> None:
    present = RuleDraft(**trial.present) if trial.present else None
    draft = RuleDraft(**trial.draft) if trial.draft else None
    subject = present or draft
    if subject is None or subject.point_id is None:
        raise ValueError(f"trial {trial.id} is about nothing")
    tried = await _candidates(session, trial, subject) if trial.purpose == Purpose.SUGGEST else []
    rules = [rule_of(subject), *(rule_of(subject, one) for one in tried)]
    if draft is not None and trial.purpose == Purpose.TRY:
        rules.append(rule_of(draft))
    from_at, to_at = trial.from_at.timestamp(), trial.to_at.timestamp()
    cells = np.full(_COLUMNS, np.nan)
    trend = _Trend(from_at, (to_at - from_at) / _COLUMNS, cells, cells.copy())
    versions = Versions(rules, from_at)
    async for end, piece in pieces(session, trial.site_id, subject.point_id, trial.from_at, trial.to_at):
        await asyncio.to_thread(_take, versions, trend, piece)
        if until is not None and time.monotonic() > until and end < trial.to_at:
            raise TooLong
        if progress is not None:
            await progress((end - trial.from_at) / (trial.to_at - trial.from_at))
    matter = await needed(session, trial.site_id, trial.rule_id, trial.from_at, trial.to_at) if trial.rule_id else []
    found = await asyncio.to_thread(versions.finish, to_at)
    if trial.purpose == Purpose.SUGGEST:
        await asyncio.to_thread(_choose, trial, subject, tried, found, matter, to_at)
    else:
        known = found[0] if present else []
        trial.result = outcome(await asyncio.to_thread(compare, known, found[-1], matter, until=to_at), to_at)
    trial.result |= {"readings": trend.readings, "trend": trend.cells()}
    trial.state, trial.done_share, trial.finished_at = TrialState.DONE, 1.0, now()
    session.add(trial)
    await session.flush()


def _take(versions: Versions, trend: _Trend, piece: Piece) -> None:
    trend.take(piece)
    versions.feed(piece)


def _choose(
    trial: RuleTrial,
    subject: RuleDraft,
    tried: Sequence[Candidate],
    found: Sequence[Sequence[Episode]],
    matter: Sequence[Needed],
    until: float,
) -> None:
    compared = (
        (one, compare(found[0], raised, matter, until=until)) for one, raised in zip(tried, found[1:], strict=True)
    )
    best = chosen(compared)
    if best is None:
        trial.draft = {}
        trial.result = outcome(compare(found[0], found[0], matter, until=until), until)
    else:
        took, comparison = best
        trial.draft = asdict(
            replace(
                subject, deadband=took.deadband, on_delay_s=took.on_delay_s, off_delay_s=took.off_delay_s, reason=""
            )
        )
        trial.result = outcome(comparison, until)
    trial.result |= {"tried": len(tried)}


@system_query("the worker replays rules of every site")
async def _candidates(session: AsyncSession, trial: RuleTrial, subject: RuleDraft) -> list[Candidate]:
    row = (
        await session.execute(
            text("SELECT name, name_en, unit, range_low, range_high FROM point WHERE site_id = :site AND id = :id"),
            {"site": trial.site_id, "id": subject.point_id},
        )
    ).one()
    known = row.range_low is not None and row.range_high is not None
    span = row.range_high - row.range_low if known else None
    return candidates(subject, caps_of(subject, signal_of(row.name, row.name_en, row.unit), span))


def outcome(found: Comparison, until: float) -> dict[str, Any]:
    """A comparison as it is stored: counts, seconds in alarm, stretches to be drawn, and what would be missing."""
    return {
        "present": _side(found.present, found.present_s, until),
        "draft": _side(found.draft, found.draft_s, until),
        "lost": [asdict(one) for one in found.lost],
        "kept": len(found.kept),
        "latest_s": found.latest_s,
        "later": [asdict(one) for one in found.kept if one.later_s > 0],
        "long_lost": [(one.limit, one.from_at, one.end(until)) for one in found.long_lost],
        "unseen": len(found.unseen),
        "safe": found.is_safe,
    }


def _side(episodes: Sequence[Episode], seconds: float, until: float) -> dict[str, Any]:
    return {
        "alarms": len(episodes),
        "seconds": seconds,
        "shown": [(one.limit, one.from_at, one.end(until)) for one in episodes[-_MOST_SHOWN:]],
    }


def days_of(from_at: datetime, to_at: datetime) -> float:
    """How many days lie between the two."""
    return (to_at - from_at).total_seconds() / 86_400
