"""What one trace is made from, read from the domains: alarms, plant graph, readings, normal. System role."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.permissions import system_query
from backend.tracing.contacts import contacts_among
from backend.tracing.engine import Normal, PlantGraph, Window, joined, learn_normal
from backend.tracing.pace import Pace, pace_of
from backend.tracing.plant import PlantMap, plant_map, point_key
from backend.tracing.windows import MOST_ROWS, ROWS, habits, read_window

MOST_POINTS = 400
BEFORE_ALARM_ROWS = 60
"""Where no normal was learned, these last rows before the alarm aren't taken for fault-free."""
REVIEW_ROWS_BEFORE = 60
"""So much of the time before the onset belongs to the whole process."""


@dataclass(frozen=True)
class GroupAlarm:
    """One alarm of the group to be explained."""

    id: int
    point_id: int | None
    equipment_id: int | None
    area_id: int | None
    level: str
    kind: str
    warning: bool
    title: str
    title_en: str
    raised_at: datetime
    times_raised: int = 1


@dataclass(frozen=True)
class Span:
    """Which readings: up to ``until``, from ``since`` on (None: as many rows as a live trace looks at, more where the
    first alarm lies further back), and so many rows ``before``. UTC."""

    until: datetime
    since: datetime | None = None
    before: int = 0


@dataclass(frozen=True)
class Material:
    """All that the engine and the records say; times UTC."""

    site_id: int
    alarms: list[GroupAlarm]
    graph: PlantGraph
    window: Window
    normal: Normal
    normal_id: int | None
    """The learned normal used; None: learned from the readings before the alarm."""
    equipment_of: dict[str, int]
    """Node key → equipment id."""
    alarm_columns: tuple[str, ...]
    """Contacts that are plant alarms."""
    pace: Pace


@system_query("the worker traces every site's alarms")
async def alarms_of_group(session: AsyncSession, group_id: int) -> tuple[int, list[GroupAlarm]]:
    """Site and alarms of a group, the first raised first. Raises LookupError for a group without alarms."""
    rows = (
        (
            await session.execute(
                text(
                    "SELECT site_id, id, point_id, equipment_id, area_id, level, kind, warning, title, title_en, "
                    "raised_at, times_raised FROM alarm WHERE group_id = :group_id ORDER BY raised_at, id"
                ),
                {"group_id": group_id},
            )
        )
        .mappings()
        .all()
    )
    if not rows:
        raise LookupError(f"alarm group {group_id} has no alarms")
    alarms = [GroupAlarm(**{k: v for k, v in row.items() if k != "site_id"}) for row in rows]
    return rows[0]["site_id"], alarms


async def gather_for(session: AsyncSession, site_id: int, alarms: list[GroupAlarm], span: Span) -> Material:
    """Everything for one trace of ``span``, of these alarms or of none."""
    plant = await plant_map(session, site_id)
    normal_id, stored, known, row_s = await _stored_normal(session, site_id)
    ids = _points_wanted(plant, alarms, known)
    seen = await habits(session, site_id, ids, plant, span.until)
    pace = pace_of(seen, stored.step_s if stored else None, row_s)
    graph = plant.graph(pace.quickness)
    before = min([span.since or span.until, *(alarm.raised_at for alarm in alarms)])
    rows = _rows_of(span, before, pace)
    window = await read_window(session, site_id, ids, span.until, pace.step_s, rows)
    normal = await _normal_for(session, site_id, ids, stored, known, before, pace)
    contacts = contacts_among(window, normal, plant.contact_candidates(alarms))
    return Material(site_id, alarms, graph, window, normal, normal_id, plant.equipment_of, contacts, pace)


def _rows_of(span: Span, first: datetime, pace: Pace) -> int:
    if span.since is None:  # hours after a warning an alarm may still join it: the onset must stay in sight
        rows = (span.until - first).total_seconds() / pace.step_s + REVIEW_ROWS_BEFORE
        return int(np.clip(rows, ROWS, MOST_ROWS))
    rows = (span.until - span.since).total_seconds() / pace.step_s + span.before
    return int(np.clip(rows, 1, MOST_ROWS))


async def _normal_for(
    session: AsyncSession,
    site_id: int,
    ids: Sequence[int],
    stored: Normal | None,
    known: Sequence[int],
    before: datetime,
    pace: Pace,
) -> Normal:
    """The stored normal with the points it doesn't know; without one, all is learned from the time ``before``."""
    unknown = [id_ for id_ in ids if id_ not in set(known)]
    if stored is not None and not unknown:
        return replace(stored, points=tuple(point_key(id_) for id_ in known))
    until = before - timedelta(seconds=pace.step_s * BEFORE_ALARM_ROWS)
    learned = learn_normal(await read_window(session, site_id, unknown, until, pace.step_s, ROWS * 2))
    if stored is None:
        return learned
    return joined(replace(stored, points=tuple(point_key(id_) for id_ in known)), learned)


def _points_wanted(plant: PlantMap, alarms: Sequence[GroupAlarm], known: Sequence[int]) -> list[int]:
    """Those of the learned normal, and the other active ones: who can act on the alarms first, ``MOST_POINTS`` in all.

    A large learned normal is looked at as a whole.
    """
    room, of_normal = max(MOST_POINTS - len(known), 0), set(known)
    others = [point.id for point in plant.points if point.id not in of_normal]
    if len(others) <= room:
        return [*known, *others]
    raised = [point_key(alarm.point_id) for alarm in alarms if alarm.point_id]
    above = plant.graph().upstream(raised)
    nearest = sorted(others, key=lambda id_: above[point_key(id_)].steps if point_key(id_) in above else 1e9)
    return [*known, *sorted(nearest[:room])]


@system_query("the worker traces every site's alarms")
async def _stored_normal(
    session: AsyncSession, site_id: int
) -> tuple[int | None, Normal | None, list[int], float | None]:
    """The normal in force: id, what it says, its points, seconds of its rows where these are the clock's."""
    row = (
        await session.execute(
            text("SELECT id, point_ids, parameters, row_s FROM learned_normal WHERE site_id = :site AND active"),
            {"site": site_id},
        )
    ).one_or_none()
    if row is None:
        return None, None, [], None
    return row.id, Normal.from_dict(row.parameters), list(row.point_ids), row.row_s
