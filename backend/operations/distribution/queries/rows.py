"""The facts themselves across all sources, the newest first, each with what it is called and where it is shown."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Float, Select, bindparam, cast, func, select, tuple_
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm
from backend.core.errors import N_, Invalid
from backend.hazards.models import Rectification
from backend.hazards.reports.draft import headline
from backend.hazards.reports.models import HazardReport
from backend.identity.actor import Actor
from backend.identity.permissions import made_once, visible
from backend.incidents.history.queries.facts import plan_for_these_dates
from backend.incidents.models import Incident
from backend.operations.distribution.asked import Source, Wanted
from backend.operations.distribution.queries.counting import Narrowed, asks_cause, bound, unknowns
from backend.operations.distribution.queries.facts import facts, with_causes
from backend.tracing.models import Trace

PAGE = 30
MOST_EXPORTED = 50_000
AT_ONCE = 1000
"""So many rows are held at once while all are taken along."""
_NAMED_FIRST = '$."fused"[*]?(@."contributes" == false && @."key" != "rest")'
"""As ``tracing.models.FIRST_NAMED`` finds it."""
_URLS = {"alarm": "/alarms", "report": "/reports", "rectification": "/rectifications", "incident": "/incidents"}


@dataclass(frozen=True)
class After:
    """The last row shown: older ones come next. Written as ``2026-11-27T08:00:00.000000+00:00~alarm~17``."""

    at: datetime
    kind: str
    id: int

    @classmethod
    def parse(cls, word: str) -> "After":
        """Read a written one. Raises Invalid for anything else."""
        try:
            at, kind, id_ = word.split("~")
            one = cls(datetime.fromisoformat(at), kind, int(id_))
        except ValueError:
            raise Invalid(N_("请从第一页重新查看")) from None
        if one.at.tzinfo is None or kind not in _URLS or not 0 < one.id < 2**63:
            raise Invalid(N_("请从第一页重新查看"))
        return one

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.kind}~{self.id}"


@dataclass(frozen=True)
class Row:
    """A fact. ``accident``: "" not told, None of an alarm, which has none. ``cause`` is a code, empty where none is
    known; ``probability``: what the trace gives the cause, of one that nobody confirmed."""

    source: str
    kind: str
    id: int
    at: datetime
    level: str
    type: str
    accident: str | None
    equipment_id: int | None
    area_id: int | None
    stage_id: int | None
    team_id: int | None
    post_id: int | None
    cause: str
    confirmed: bool
    trace_id: int | None
    number: str
    title: str
    title_en: str
    probability: float | None

    @property
    def url(self) -> str:
        """Where it is shown."""
        return f"{_URLS[self.kind]}/{self.id}"

    @property
    def after(self) -> After:
        """Where the page after it begins."""
        return After(self.at, self.kind, self.id)


async def page(
    session: AsyncSession, actor: Actor, wanted: Wanted, after: After | None = None
) -> tuple[list[Row], After | None]:
    """The next ``PAGE`` rows, and where the page after them begins; None where they are the last."""
    await plan_for_these_dates(session)
    values = bound(wanted, wanted.period) | {"most": PAGE + 1}
    if after is not None:
        values |= {"after_at": after.at, "after_kind": after.kind, "after_id": after.id}
    found = await session.execute(_listed(actor, wanted.sources, unknowns(wanted), after is not None), values)
    listed = [dict(row) for row in found.mappings()]
    rows = await _told(session, actor, listed[:PAGE])
    return rows, rows[-1].after if len(listed) > PAGE else None


async def all_rows(session: AsyncSession, actor: Actor, wanted: Wanted) -> AsyncIterator[Sequence[Row]]:
    """All rows, ``AT_ONCE`` after ``AT_ONCE``, at most ``MOST_EXPORTED``."""
    await plan_for_these_dates(session)
    statement = _listed(actor, wanted.sources, unknowns(wanted), False)
    found = await session.execute(statement, bound(wanted, wanted.period) | {"most": MOST_EXPORTED})
    rows = [dict(row) for row in found.mappings()]
    for begin in range(0, len(rows), AT_ONCE):
        yield await _told(session, actor, rows[begin : begin + AT_ONCE])


async def how_many(session: AsyncSession, actor: Actor, wanted: Wanted) -> int:
    """How many there are."""
    await plan_for_these_dates(session)
    statement = _how_many(actor, wanted.sources, unknowns(wanted))
    return await session.scalar(statement, bound(wanted, wanted.period)) or 0


@made_once
def _listed(actor: Actor, sources: tuple[Source, ...], narrowed: Narrowed, later: bool) -> Select[Any]:
    by_cause = asks_cause(narrowed)
    all_of = facts(actor, sources, narrowed, causes=by_cause).subquery("facts")
    order = (all_of.c.at, all_of.c.kind, all_of.c.id)
    found = select(all_of).order_by(*(part.desc() for part in order))
    if later:
        last: tuple[Any, ...] = (bindparam("after_at"), bindparam("after_kind"), bindparam("after_id"))
        found = found.where(tuple_(*order) < tuple_(*last))
    listed = found.limit(bindparam("most")).cte("listed")
    told = select(listed) if by_cause else with_causes(actor, listed)
    return told.order_by(listed.c.at.desc(), listed.c.kind.desc(), listed.c.id.desc())


@made_once
def _how_many(actor: Actor, sources: tuple[Source, ...], narrowed: Narrowed) -> Select[Any]:
    all_of = facts(actor, sources, narrowed, causes=asks_cause(narrowed))
    return select(func.count()).select_from(all_of.subquery("facts"))


async def _told(session: AsyncSession, actor: Actor, found: list[dict[str, Any]]) -> list[Row]:
    """What they are called: each table is asked once for all of its rows."""
    words = {
        **await _alarms(session, actor, _ids(found, "alarm")),
        **await _reports(session, actor, _ids(found, "report")),
        **await _numbered(session, actor, Rectification, "rectification", _ids(found, "rectification")),
        **await _numbered(session, actor, Incident, "incident", _ids(found, "incident")),
    }
    guessed = {row["trace_id"] for row in found if row["trace_id"] is not None and not row["confirmed"]}
    probable = await _probabilities(session, actor, guessed)
    for row in found:
        for name in ("weekday", "hour", "local", "group_id"):
            del row[name]
        number, title, title_en = words[(row["kind"], row["id"])]
        row |= {"number": number, "title": title, "title_en": title_en}
        row["probability"] = None if row["confirmed"] or not row["cause"] else probable.get(row["trace_id"])
    return [Row(**row) for row in found]


_Words = Mapping[tuple[str, int], tuple[str, str, str]]


def _ids(found: Iterable[Mapping[str, Any]], kind: str) -> list[int]:
    return [row["id"] for row in found if row["kind"] == kind]


async def _alarms(session: AsyncSession, actor: Actor, ids: Sequence[int]) -> _Words:
    if not ids:
        return {}
    asked = select(col(Alarm.id), col(Alarm.title), col(Alarm.title_en))
    rows = await session.execute(asked.where(visible(actor, Alarm), col(Alarm.id).in_(ids)))
    return {("alarm", id_): (str(id_), title, title_en) for id_, title, title_en in rows}


async def _reports(session: AsyncSession, actor: Actor, ids: Sequence[int]) -> _Words:
    if not ids:
        return {}
    one = HazardReport
    asked = select(col(one.id), col(one.number), col(one.title), col(one.details))
    rows = await session.execute(asked.where(visible(actor, one), col(one.id).in_(ids)))
    return {("report", id_): (number, said := headline(title, details), said) for id_, number, title, details in rows}


async def _numbered(session: AsyncSession, actor: Actor, model: Any, kind: str, ids: Sequence[int]) -> _Words:
    if not ids:
        return {}
    english = getattr(model, "title_en", model.title)
    asked = select(model.id, model.number, model.title, english)
    rows = await session.execute(asked.where(visible(actor, model), model.id.in_(ids)))
    return {(kind, id_): (number, title, title_en) for id_, number, title, title_en in rows}


async def _probabilities(session: AsyncSession, actor: Actor, ids: Iterable[int]) -> Mapping[int, float]:
    """How likely each of these traces holds what it names first: by all evidence together, else by readings."""
    if not (wanted := list(ids)):
        return {}
    result = col(Trace.result)
    fused = func.jsonb_path_query_first(result, cast(_NAMED_FIRST, JSONPATH))
    first = func.coalesce(
        func.jsonb_extract_path_text(fused, "probability"),
        func.jsonb_extract_path_text(result, "causes", "0", "probability"),
    )
    asked = select(col(Trace.id), cast(first, Float))
    rows = await session.execute(asked.where(visible(actor, Trace), col(Trace.id).in_(wanted)))
    return {id_: probability for id_, probability in rows if probability is not None}
