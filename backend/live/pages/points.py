"""现场: the floor plan and all points as they are now; one point with its trend, and what may be edited of it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Form, Query, Request, Response
from starlette.responses import RedirectResponse

from backend.alarms.drafts import read_number
from backend.core.clock import now
from backend.core.errors import N_, Invalid, NotFound
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow
from backend.live import queries
from backend.live.charting import trend
from backend.live.nearing import nearing
from backend.live.views import LivePoint, worst
from backend.live.wording import LIMITS, LINK_KINDS, RULE_KINDS, SPANS
from backend.plant import commands
from backend.plant import queries as plant
from backend.plant.floors import PlanId, drawing_of, floors_of
from backend.plant.models import Point

router = APIRouter()


@dataclass
class PointForm:
    """A point as typed; numbers stay text, so that a refused form shows them again."""

    name: Annotated[str, Form()] = ""
    name_en: Annotated[str, Form()] = ""
    unit: Annotated[str, Form()] = ""
    range_low: Annotated[str, Form()] = ""
    range_high: Annotated[str, Form()] = ""

    @classmethod
    def of(cls, point: Point) -> "PointForm":
        """The form as it shows a point."""
        bounds = ("" if bound is None else f"{bound:g}" for bound in (point.range_low, point.range_high))
        return cls(point.name, point.name_en, point.unit, *bounds)

    def bound(self, field: str) -> float | None:
        """A bound as a number, None for none. Raises Invalid for anything else."""
        typed = getattr(self, field).strip()
        if not typed:
            return None
        value = read_number(typed, 0.0)
        if value is None:
            raise Invalid(fields={field: N_("请填写数字")})
        return value


PointFormDep = Annotated[PointForm, Depends()]


@router.get("/plant", dependencies=[allow("plant.see")])
@alike
async def plant_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    plan: PlanId = None,
    search: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """Plan (the first unless asked for) and points; htmx gets one of the two blocks alone when something changes.
    Raises NotFound for a plan that isn't in use."""
    target = request.headers.get("hx-target", "")
    levels = await queries.open_levels(session, actor)
    floors = await floors_of(session, actor, levels.areas, levels.equipment)
    shown = floors.chosen(plan)
    board = await queries.board(session, actor, now(), levels, search.strip())
    drawing = await drawing_of(session, actor, floors, shown)
    return render(
        request,
        "plant/plant.html",
        block={"plant-plan": "plan", "plant-list": "list"}.get(target),
        drawing=drawing,
        marks={one.id: one for one in drawing.equipment} if drawing and drawing.ways else {},
        link_kinds=LINK_KINDS,
        floors=floors,
        plan=plan,
        listed=target == "plant-list",
        plan_levels={id_: worst(on) for id_, on in floors.gathered(levels.areas, levels.equipment).items()},
        levels=levels,
        board=board,
        shown=board.shown,
        search=search.strip(),
        edits=actor.can("plant.edit"),
    )


@router.get("/points/{point_id}", dependencies=[allow("plant.see")])
@alike
async def point_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    point_id: int,
    hours: Annotated[int, Query(ge=1, le=168)] = 1,
    done: str = "",
) -> Response:
    """Latest value, trend with limits and its table, rules, and what is linked to it."""
    point = await _live_point(session, actor, point_id)
    until = now()
    since = until - timedelta(hours=hours)
    series = await queries.series(session, actor, point_id, since, until)
    before, after = await plant.linked_points(session, actor, point_id)
    drawn = trend(
        series,
        point.limits,
        since,
        until,
        zone=actor.zone,
        decimals=point.decimals,
        usual_interval_s=point.expected_interval_s,
    )
    return render(
        request,
        "plant/point.html",
        block="trend" if request.headers.get("hx-target") == "point-trend" else None,
        point=point,
        equipment=await plant.equipment_view(session, actor, point.equipment_id or 0),
        trend=drawn,
        nearing=None if point.stale else nearing(series, point.limits),
        until=until,
        series=series,
        rows=list(zip(series.at, series.mean, series.low, series.high, strict=True))[::-1][:60],
        hours=hours,
        spans=SPANS,
        rules=await queries.rules_of_point(session, actor, point_id) if actor.can("rules.see") else [],
        rule_kinds=RULE_KINDS,
        limit_words=LIMITS,
        before=before,
        after=after,
        edits=actor.can("plant.edit"),
        done=N_("已保存") if done else "",
    )


@router.get("/points/{point_id}/edit", dependencies=[allow("plant.edit")])
async def edit_point_page(request: Request, session: SessionDep, actor: ActorDep, point_id: int) -> Response:
    """The form for a point's names, unit and range."""
    point = await _point(session, actor, point_id)
    return _point_form(request, point, PointForm.of(point))


@router.post("/points/{point_id}", dependencies=[allow("plant.edit")])
async def edit_point(
    request: Request, session: SessionDep, actor: ActorDep, point_id: int, typed: PointFormDep
) -> Response:
    """Take what was typed."""
    point = await _point(session, actor, point_id)
    try:
        async with session.begin_nested():
            await commands.edit_point(
                session,
                actor,
                point_id,
                name=typed.name,
                name_en=typed.name_en,
                unit=typed.unit,
                range_low=typed.bound("range_low"),
                range_high=typed.bound("range_high"),
            )
    except Invalid as refused:
        return _point_form(request, point, typed, errors=refused.fields)
    return RedirectResponse(f"/points/{point_id}?done=1", 303)


async def _point(session: SessionDep, actor: ActorDep, point_id: int) -> Point:
    points = await plant.active_points(session, actor, point_id=point_id)
    if not points:
        raise NotFound()
    return points[0]


async def _live_point(session: SessionDep, actor: ActorDep, point_id: int) -> LivePoint:
    point = await _point(session, actor, point_id)
    levels = await queries.open_levels(session, actor)
    return (await queries.live_points(session, actor, [point], levels, now()))[0]


def _point_form(request: Request, point: Point, typed: PointForm, errors: Any = None) -> Response:
    response: Response = render(request, "plant/point_form.html", point=point, typed=typed, errors=errors or {})
    response.status_code = 422 if errors else 200
    return response
