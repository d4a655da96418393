"""The page of adoption in one value: use by week, role and team, who doesn't use it, entries, assessment, advice."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.feedback.queries import waiting_count
from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.operations.adoption import queries
from backend.operations.adoption.advising import Advice, Use, advise
from backend.operations.adoption.assessing import ACTIVE, ANSWERED, Assessment, Rule, assess
from backend.operations.adoption.queries import JUDGED_WEEKS, Absent, Cell, Entries, SoFar, local_day, weeks_of
from backend.operations.indicators.figures import Figure, Sums, share
from backend.operations.indicators.queries.reading import Named, members
from backend.operations.indicators.windows import Window


@dataclass(frozen=True)
class Overview:
    """``trend``: of each week, its figure for all and by role; ``roles``, ``teams``: of the judged weeks.
    ``answered``: feedback in time; ``unused_all``: how many don't use it, of whom ``unused`` are named."""

    window: Window
    judged: Window
    so_far: SoFar
    trend: Sequence[tuple[date, Figure, Mapping[str, Figure]]]
    roles: Sequence[tuple[str, Figure]]
    teams: Sequence[tuple[Named | None, Figure]]
    unused: Sequence[Absent]
    unused_all: int
    entries: Sequence[Entries]
    answered: Figure | None
    rule: Rule
    assessment: Assessment
    advice: Sequence[Advice]


async def overview(session: AsyncSession, actor: Actor) -> Overview:
    """As far as the actor sees: a leader their own team."""
    today = local_day(actor, now())
    window, judged = weeks_of(today), weeks_of(today, JUDGED_WEEKS)
    cells = await queries.use(session, actor, window)
    late_cells = [cell for cell in cells if cell.monday >= judged.first]
    names = {one.id: one for one in (await members(session, actor))["team"]}
    absent, absent_all = await queries.unused(session, actor, today)
    figures = {ACTIVE: _figure(late_cells), **await queries.other_factors(session, actor, judged)}
    rule = await queries.rule_of(session, actor)
    by_team = _split(late_cells, "team_id")
    teams = [_use(names.get(int(id_)), id_, part) for id_, part in by_team.items()]
    waiting, late = await waiting_count(session, actor) if actor.can("feedback.answer") else (0, 0)
    phones = await queries.phones(session, actor) if late_cells else []  # before the first whole week nobody lacks one
    advice = advise(teams, phones, await queries.unclear_pages(session, actor), late, waiting)
    return Overview(
        window,
        judged,
        await queries.so_far(session, actor, today),
        _trend(cells, window),
        [(str(role), _figure(part)) for role in Role if (part := _split(late_cells, "role").get(str(role)))],
        sorted(
            ((names.get(int(id_)), _figure(part)) for id_, part in by_team.items()),
            key=lambda one: one[1].value or 0.0,
        ),
        absent,
        absent_all,
        await queries.entries(session, actor, judged),
        figures.get(ANSWERED),
        rule,
        assess(rule, figures),
        advice,
    )


def _trend(cells: Iterable[Cell], window: Window) -> list[tuple[date, Figure, Mapping[str, Figure]]]:
    by_week = _split(cells, "monday")
    found: list[tuple[date, Figure, Mapping[str, Figure]]] = []
    for monday in (window.first + timedelta(days=7 * n) for n in range(window.days // 7)):
        part = by_week.get(str(monday), [])
        roles = {role: _figure(of_role) for role, of_role in _split(part, "role").items()}
        found.append((monday, _figure(part), roles))
    return found


def _split(cells: Iterable[Cell], by: str) -> dict[str, list[Cell]]:
    found: dict[str, list[Cell]] = {}
    for cell in cells:
        found.setdefault(str(getattr(cell, by)), []).append(cell)
    return found


def _figure(cells: Sequence[Cell]) -> Figure:
    assigned = sum(cell.assigned for cell in cells)
    return share(Sums(assigned, sum(cell.active for cell in cells), assigned))


def _use(name: Named | None, id_: str, part: Sequence[Cell]) -> Use:
    known = name if name and id_ != "0" else None
    active, assigned = sum(cell.active for cell in part), sum(cell.assigned for cell in part)
    return Use(
        str(known.id) if known else "", known.name if known else "", known.name_en if known else "", active, assigned
    )
