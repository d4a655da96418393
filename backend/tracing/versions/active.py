"""The version that a site's traces are made with, and earlier cases like a trace. System role: workers of all sites."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.permissions import system_query
from backend.tracing.engine import ConfirmedCase, Signature
from backend.tracing.engine.learned import similar as similar_cases
from backend.tracing.models import Trace
from backend.tracing.versions.content import ActiveModel, model_of
from backend.tracing.versions.models import TraceCase, TraceModel

MOST_COMPARED = 500
"""Of so many cases of a version, the latest, the signature is compared; all count in the priors."""
MOST_SIMILAR = 3


def case_of(row: TraceCase, *, compared: bool = True) -> ConfirmedCase:
    """A stored case as the engine knows it."""
    return ConfirmedCase(
        row.id,
        row.node,
        Signature.from_dict(row.signature) if compared else Signature(),
        row.library_key,
        tuple(row.offered),
        tuple((source, target, seconds) for source, target, seconds in row.lags),
    )


@system_query("the worker traces every site's alarms with the site's own model")
async def active_model(
    session: AsyncSession, site_id: int, *, group_id: int | None = None, trace_id: int | None = None
) -> ActiveModel:
    """The site's active version; one that has learned nothing where there is none.

    What was confirmed of the trace itself (of this group, or with this id) is left out: a trace that is made again
    isn't told its own answer.
    """
    wanted = select(TraceModel).where(col(TraceModel.site_id) == site_id, col(TraceModel.active))
    row = (await session.execute(wanted)).scalar_one_or_none()
    if row is None:
        return ActiveModel()
    model = await _loaded(session, row)
    own = select(col(TraceCase.id)).join(Trace, col(Trace.id) == col(TraceCase.trace_id))
    own = own.where(col(TraceCase.site_id) == site_id, (col(Trace.group_id) == group_id) | (col(Trace.id) == trace_id))
    return model.without(set((await session.scalars(own)).all()))


@system_query("a trial compares versions in the worker")
async def model_version(session: AsyncSession, site_id: int, version: int) -> ActiveModel:
    """One version of a site's model; one that has learned nothing where it isn't known."""
    wanted = select(TraceModel).where(col(TraceModel.site_id) == site_id, col(TraceModel.version) == version)
    row = (await session.execute(wanted)).scalar_one_or_none()
    return await _loaded(session, row) if row else ActiveModel(version)


@system_query("the worker traces every site's alarms with the site's own model")
async def _loaded(session: AsyncSession, row: TraceModel) -> ActiveModel:
    ids = row.content.get("cases", [])
    wanted = select(TraceCase).where(col(TraceCase.site_id) == row.site_id, col(TraceCase.id).in_(ids))
    stored = (await session.scalars(wanted.order_by(col(TraceCase.id)))).all()
    beyond = len(stored) - MOST_COMPARED
    cases = [case_of(case, compared=number >= beyond) for number, case in enumerate(stored)]
    return model_of(row.version, row.content, cases)


@system_query("the worker names earlier cases in every site's traces")
async def similar(session: AsyncSession, site_id: int, result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Earlier confirmed traces like the one with this stored ``result``, best first.

    Each ``{trace_id, likeness (0 … 1), node ("" for another cause), library_key, note, confirmed_at}``."""
    wanted = select(TraceCase).where(col(TraceCase.site_id) == site_id, col(TraceCase.current))
    rows = (await session.scalars(wanted.order_by(col(TraceCase.id).desc()).limit(MOST_COMPARED))).all()
    by_id = {row.id: row for row in rows}
    found = similar_cases([case_of(row) for row in rows], Signature.from_dict(result.get("signature")))
    return [
        {
            "trace_id": by_id[one.case.case].trace_id,
            "likeness": round(one.likeness, 3),
            "node": by_id[one.case.case].node,
            "library_key": by_id[one.case.case].library_key,
            "note": by_id[one.case.case].note,
            "confirmed_at": by_id[one.case.case].confirmed_at.isoformat(),
        }
        for one in found[:MOST_SIMILAR]
    ]
