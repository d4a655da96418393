"""Read a workbook and keep what it says; take it over once a person has seen what it would change."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import N_, Conflict
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.risks.codes import highest
from backend.risks.commands.areas import register_areas
from backend.risks.commands.grading import add_grading
from backend.risks.commands.telling import tell
from backend.risks.grading import Bands
from backend.risks.models import ControlMeasure, HazardSource, RiskPoint, RiskSheet
from backend.risks.queries.policy import bands_of
from backend.risks.queries.whole import site_names, whole_list
from backend.risks.sheets.book import Book
from backend.risks.sheets.completing import SiteNames, check_of, completed, place_troubles, unknown_areas
from backend.risks.sheets.lines import OF_POINT, OF_SOURCE, SCORES, Difference, Line, changes_score, differences
from backend.risks.sheets.reading import read_lines

KEPT_FOR = timedelta(days=2)
"""A workbook that nobody took over is forgotten."""
LONGEST_NAME = 120


@dataclass(frozen=True)
class Preview:
    """What taking a workbook over would do now."""

    sheet: RiskSheet
    lines: Sequence[Line]
    difference: Difference
    new_areas: Sequence[str]
    """Areas that the site doesn't have yet; they are made with it."""


async def keep_sheet(session: AsyncSession, actor: Actor, name: str, book: Book) -> RiskSheet:
    """Read the workbook and keep its lines and troubles; nothing of the list changes. Raises Forbidden, Invalid."""
    require(actor, "risks.edit")
    old = delete(RiskSheet).where(
        visible(actor, RiskSheet), col(RiskSheet.applied_at).is_(None), col(RiskSheet.created_at) < now() - KEPT_FOR
    )
    await session.execute(old)
    bands = await bands_of(session, actor)
    lines, troubles = read_lines(book, bands)
    found = place_troubles(lines, await site_names(session, actor), registers=actor.can("plant.edit"))
    bad = {one.row for one in found}
    sheet = RiskSheet(
        site_id=actor.site_id,
        name=name[:LONGEST_NAME],
        read_by=actor.person_id,
        lines=[one.stored() for one in lines if one.row not in bad],
        troubles=[asdict(one) for one in sorted([*troubles, *found], key=lambda one: one.row)],
    )
    session.add(sheet)
    await session.flush()
    return sheet


async def preview(session: AsyncSession, actor: Actor, sheet_id: int) -> Preview:
    """What it would change as things are now. Raises Forbidden, NotFound."""
    require(actor, "risks.edit")
    sheet = await get_visible(session, actor, RiskSheet, sheet_id)
    names = await site_names(session, actor)
    present = await whole_list(session, actor, names)
    lines = completed([Line.of(one) for one in sheet.lines], present, await bands_of(session, actor))
    return Preview(sheet, lines, differences(lines, present), unknown_areas(lines, names))


async def take_over(session: AsyncSession, actor: Actor, sheet_id: int) -> RiskSheet:
    """Make it so, in one transaction. Areas that the site doesn't have are made first.

    Raises Forbidden, NotFound, Conflict when it was taken over before.
    """
    require(actor, "risks.edit")
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('risk_sheet'), :site)"), {"site": actor.site_id})
    sheet = await get_visible(session, actor, RiskSheet, sheet_id, lock=True)
    if sheet.applied_at is not None:
        raise Conflict(N_("这份清单已经导入过"))
    named = [Line.of(one) for one in sheet.lines]
    if missing := unknown_areas(named, await site_names(session, actor)):
        await register_areas(session, actor, missing)
    names = await site_names(session, actor)
    bands = await bands_of(session, actor)
    present = await whole_list(session, actor, names)
    lines = completed(named, present, bands)
    made = differences(lines, present)
    await _Taking(session, actor, names, bands, sheet.name).take(lines, present)
    sheet.applied_at, sheet.result = now(), made.counts
    await session.flush()
    await record_change(session, actor, "risk.import", "risk_sheet", sheet.id, {"counts": [None, made.counts]})
    return sheet


class _Taking:
    """Writes lines over what is there: everything is read before, and written once."""

    def __init__(self, session: AsyncSession, actor: Actor, names: SiteNames, bands: Bands, why: str) -> None:
        self._session, self._actor, self._names, self._bands = session, actor, names, bands
        self._why = f"导入 {why}"
        self._points: dict[str, RiskPoint] = {}
        self._sources: dict[tuple[int, str], HazardSource] = {}

    async def take(self, lines: Sequence[Line], present: Sequence[Line]) -> None:
        """Points first, then their sources with gradings and measures."""
        await self._load({one.code for one in lines})
        known = {(one.code, one.source): one for one in present}
        changed = await self._take_points(lines)
        for position, line in enumerate(lines):
            if line.source and line != known.get((line.code, line.source)):
                await self._take_source(line, known.get((line.code, line.source)), position)
                changed.add(line.code)
        await self._settle(changed)

    async def _load(self, codes: set[str]) -> None:
        session, actor = self._session, self._actor
        points = await session.scalars(
            select(RiskPoint).where(visible(actor, RiskPoint), col(RiskPoint.code).in_(codes)).with_for_update()
        )
        self._points = {one.code: one for one in points}
        ids = [one.id for one in self._points.values()]
        sources = await session.scalars(
            select(HazardSource).where(
                visible(actor, HazardSource),
                col(HazardSource.risk_point_id).in_(ids),
                col(HazardSource.dropped_at).is_(None),
            )
        )
        self._sources = {(one.risk_point_id, one.name): one for one in sources}

    async def _take_points(self, lines: Sequence[Line]) -> set[str]:
        """Make and change points; a retired one of the same code is taken into use again. Gives codes changed."""
        changed = set()
        for line in {one.code: one for one in reversed(lines)}.values():
            held = self._held(line)
            point = self._points.get(line.code)
            if point is None:
                point = RiskPoint(site_id=self._actor.site_id, code=line.code, origin="sheet", **held)
                self._session.add(point)
                self._points[line.code] = point
                changed.add(line.code)
            elif point.retired_at is not None or any(getattr(point, name) != value for name, value in held.items()):
                for name, value in held.items():
                    setattr(point, name, value)
                point.retired_at, point.retired_why = None, ""
                point.version += 1
                changed.add(line.code)
        await self._session.flush()
        return changed

    def _held(self, line: Line) -> dict[str, Any]:
        words = {name: getattr(line, name) for name in OF_POINT}
        ids = {f"{place}_id": getattr(self._names, place).found.get(words.pop(place)) for place in _PLACES}
        return {**words, **ids}

    async def _take_source(self, line: Line, known: Line | None, position: int) -> None:
        point = self._points[line.code]
        source = self._sources.get((point.id, line.source))
        held = {name: getattr(line, name) for name in OF_SOURCE if name != "measures"}
        held["accidents"] = list(line.accidents)
        if source is None:
            source = HazardSource(
                site_id=point.site_id, risk_point_id=point.id, name=line.source, position=position, **held
            )
            self._session.add(source)
            self._sources[point.id, line.source] = source
        else:
            for name, value in held.items():
                setattr(source, name, value)
        await self._session.flush()
        await self._grade(line, known, source)
        if known is None or line.measures != known.measures:
            await self._take_measures(line, source)

    async def _grade(self, line: Line, known: Line | None, source: HazardSource) -> None:
        for which in SCORES:
            score = getattr(line, which)
            if score is not None and (known is None or changes_score(line, known, which)):
                residual = which == "residual"
                await add_grading(self._session, self._actor, source, score, self._bands, residual, self._why)

    async def _take_measures(self, line: Line, source: HazardSource) -> None:
        """A measure that reads the same stays the same row, with its English; others are dropped and made."""
        rows = await self._session.scalars(
            select(ControlMeasure).where(
                visible(self._actor, ControlMeasure),
                col(ControlMeasure.source_id) == source.id,
                col(ControlMeasure.dropped_at).is_(None),
            )
        )
        left: dict[tuple[str, str], list[ControlMeasure]] = defaultdict(list)
        for row in rows:
            left[row.kind, row.words].append(row)
        for position, one in enumerate(line.measures):
            same = left[one.kind, one.words]
            fresh = ControlMeasure(site_id=source.site_id, source_id=source.id, kind=one.kind, words=one.words)
            row = same.pop(0) if same else fresh
            self._session.add(row)
            row.position = position
            row.post_id = self._names.post.found.get(one.post)
            row.maintenance_plan_id = self._names.upkeep.found.get(one.upkeep)
            row.plan_id, row.check_item = check_of(one.check, self._names) or (None, "")
        for rest in left.values():
            for row in rest:
                row.dropped_at = now()
        await self._session.flush()

    async def _settle(self, codes: set[str]) -> None:
        """Levels of the points by all of their sources."""
        levels: Mapping[int, list[str]] = defaultdict(list)
        for (point_id, _), source in self._sources.items():
            levels[point_id].append(source.residual_level or source.inherent_level)
        for code in sorted(codes):
            point = self._points[code]
            point.level = highest(levels[point.id])
            await tell(self._session, self._actor, point, "changed")
        await self._session.flush()


_PLACES = ("area", "stage", "equipment", "post")
