"""``/duty``: a month of everybody the actor may see, by how much there was to do; or of teams, or posts."""

from typing import Annotated

from fastapi import Query, Request, Response

from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.operations.duty import queries
from backend.operations.duty.comparing import Load, load, middles
from backend.operations.duty.grouping import Share, grouped
from backend.operations.duty.months import read_month
from backend.operations.duty.pages.shown import words

router = APIRouter(prefix="/duty")
_SHOWS = ("people", "teams", "posts")


@router.get("", dependencies=[allow("duty.list")])
async def board(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    month: Annotated[str, Query(max_length=10)] = "",
    show: Annotated[str, Query(max_length=10)] = "people",
) -> Response:
    """``month``: ``2026-11``, else the one that runs; ``show``: people, teams or posts."""
    chosen = read_month(month, queries.present_month(actor))
    found = await queries.of_month(session, actor, chosen)
    rule = (await queries.rule_of(session, actor, chosen)).rule
    by_load = {one: [b for b in found if load(b.statement.exposure, rule.few) is one] for one in reversed(Load)}
    teams, posts = await queries.teams_and_posts(session, actor)
    show = show if show in _SHOWS else "people"
    shares = [_share(one, show) for one in found]
    return render(
        request,
        "duty/board.html",
        month=chosen,
        months=await queries.months_kept(session, actor),
        frozen_at=await queries.frozen_at(session, actor, chosen),
        show=show,
        by_load=by_load,
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
