"""Telling of a trace: on open phones, in the alarm's story, and on the phones of those who are called by the alarm."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.models import Level
from backend.alarms.queries.watching import ladder_of, people_to_tell
from backend.core.events import record_event
from backend.identity.permissions import system_query
from backend.tracing.gathering import GroupAlarm
from backend.tracing.library.titles import place_of
from backend.tracing.models import Origin, Stage, Trace
from backend.tracing.naming import RankedCause, first_cause

_WORDS = {
    "made": ("已溯源", "Traced"),
    "refined": ("溯源已更新", "Trace refined"),
    "reviewed": ("完整过程已溯源", "Whole process traced"),
}


async def announce(session: AsyncSession, made: Trace, alarms: Sequence[GroupAlarm], *, called: bool) -> None:
    """Record what was found. Who is ``called`` by the alarm hears its probable root; what a person asked for goes to
    that person. Other news changes the open pages only."""
    first = alarms[0] if alarms else None
    gravest = min(alarms, key=lambda alarm: list(Level).index(Level(alarm.level)), default=None)
    told = await _called(session, made, gravest) if called else []
    top = first_cause(made.result)
    zh, en = await _title(session, made, gravest, top, called=called)
    await record_event(
        session,
        site_id=made.site_id,
        kind="trace.made" if made.revision == 1 else "trace.refined",
        subject="trace",
        subject_id=made.id,
        story=f"alarm:{first.id}" if first else f"trace:{made.id}",
        level=gravest.level if gravest else "",
        data={
            "title_zh": zh,
            "title_en": en,
            "url": f"/traces/{made.id}",
            "revision": made.revision,
            "top": top.key if top else None,
            "told": told,
            "tag": f"trace:{made.id}",
        },
    )


async def _called(session: AsyncSession, made: Trace, first: GroupAlarm | None) -> list[int]:
    if first is None:
        return [made.asked_by] if made.asked_by else []
    ladder = await ladder_of(session, made.site_id, Level(first.level))
    return await people_to_tell(session, made.site_id, first.area_id, ladder.roles_at(0))


async def _title(
    session: AsyncSession, made: Trace, first: GroupAlarm | None, top: RankedCause | None, *, called: bool
) -> tuple[str, str]:
    """What happened and its probable root, Chinese and English; news that call nobody say only that there is more."""
    if not called:
        return _WORDS["reviewed" if made.stage == Stage.REVIEW else "refined"]
    names = await _names(session, top) if top else None
    zh, en = (first.title, first.title_en) if first else _WORDS["made"]
    if names is None:
        return (f"{zh}：已溯源", f"{en}: traced") if first else (zh, en)
    sure = ("可能根源", "probable root") if made.origin != Origin.HAND else ("首要根源", "first cause")
    return f"{zh}，{sure[0]}：{names[0]}", f"{en}; {sure[1]}: {names[1]}"


@system_query("the worker tells of every site's traces")
async def _names(session: AsyncSession, cause: RankedCause) -> tuple[str, str] | None:
    """Chinese and English name of a cause: of its place, and of what failed there where all evidence names it."""
    kind, _, number = place_of(cause.key).partition(":")
    query = {"point": _POINT, "equipment": _EQUIPMENT}.get(kind)
    if query is None:
        return None
    row = (await session.execute(text(query), {"id": int(number)})).one_or_none()
    if row is None:
        return None
    zh, en = row.name, row.name_en or row.name
    return (f"{zh}：{cause.title}", f"{en}: {cause.title_en}") if cause.title else (zh, en)


_POINT = "SELECT name, name_en FROM point WHERE id = :id"
_EQUIPMENT = "SELECT name, name_en FROM equipment WHERE id = :id"
