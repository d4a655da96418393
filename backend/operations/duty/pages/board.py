"""``/duty``: a month of everybody the actor may see, by how much there was to do; or of teams, or posts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Query, Request, Response

from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow
from backend.operations.duty import queries
from backend.operations.duty.comparing import Load, load, middles
from backend.operations.duty.grouping import Share, grouped
from backend.operations.duty.months import read_month
from backend.operations.duty.pages.shown import words

router = APIRouter(prefix="/duty")
_SHOWS = ("people", "teams", "posts")
PAGE = 20
"""So many people of each section at once."""
ROWS = "duty-rows"


@dataclass(frozen=True)
class Section:
    """People with about as much to do: how many, some of them, and the last one's id if others follow."""

    load: Load
    total: int
    people: Sequence[queries.Brief]
    following: int | None


def sections(found: Sequence[queries.Brief], few: int, part: str = "", after: int = 0) -> list[Section]:
    """The first of each section, those with most to do first; of ``part`` alone, those after the person ``after``."""
    by_load = {one: [b for b in found if load(b.statement.exposure, few) is one] for one in reversed(Load)}
    wanted = {one: people for one, people in by_load.items() if people and part in ("", one)}
    return [_section(one, people, after if part else 0) for one, people in wanted.items()]


def _section(one: Load, people: Sequence[queries.Brief], after: int) -> Section:
    place = next((place for place, each in enumerate(people, 1) if each.person.id == after), 0)
    shown = people[place : place + PAGE]
    return Section(one, len(people), shown, shown[-1].person.id if place + PAGE < len(people) else None)


@router.get("", dependencies=[allow("duty.list")])
@alike
async def board(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    month: Annotated[str, Query(max_length=10)] = "",
    show: Annotated[str, Query(max_length=10)] = "people",
    part: Annotated[str, Query(max_length=10)] = "",
    after: Annotated[int, Query(ge=0, lt=2**63)] = 0,
) -> Response:
    """``month``: ``2026-11``, else the one that runs; ``show``: people, teams or posts. ``part`` with ``after``: people
    of one section after that person; htmx gets these alone."""
    chosen = read_month(month, queries.present_month(actor))
    found = await queries.of_month(session, actor, chosen)
    rule = (await queries.rule_of(session, actor, chosen)).rule
    part = part if part in set(Load) else ""
    teams, posts = await queries.teams_and_posts(session, actor)
    show = show if show in _SHOWS else "people"
    shares = [_share(one, show) for one in found]
    return render(
        request,
        "duty/board.html",
        block="rows" if request.headers.get("hx-target") == ROWS and part else None,
        rows=ROWS,
        month=chosen,
        months=await queries.months_kept(session, actor),
        frozen_at=await queries.frozen_at(session, actor, chosen),
        show=show,
        sections=sections(found, rule.few, part, after),
        middles=middles([(one.statement.exposure, one.points) for one in found], rule.few),
        groups=[] if show == "people" else grouped(shares),
        group_names=teams if show == "teams" else posts,
        any=bool(found),
        waiting=len(await queries.to_answer(session, actor)),
        rule=rule,
        **words(),
    )


def _share(one: queries.Brief, show: str) -> Share:
    kept = one.statement
    groups = tuple(kept.post_ids) if show == "posts" else ((kept.team_id,) if kept.team_id else ())
    return Share(one.points, kept.exposure, kept.lapses, groups)
