"""The plant as a workbook sees it: what rows are matched against, and the workbook that says the same."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_
from backend.identity.actor import Actor
from backend.plant.editing.columns import COLUMNS, NO, SHEETS, YES, is_thing
from backend.plant.editing.fields import POINT_KINDS, shown
from backend.plant.editing.matching import LAYOUT, Named, Plant, Present
from backend.plant.editing.queries import choices, described
from backend.plant.editing.sheet import Written, widths, write_workbook
from backend.plant.models import PointStatus

Translate = Callable[[str], str]


async def plant_as_it_is(session: AsyncSession, actor: Actor) -> Plant:
    """Equipment and points of the site by code, and what a row may name."""
    equipment, points, places = await described(session, actor)
    present = {
        "equipment": {
            one.code: Present(
                one.id, {name: getattr(one, name) for name in LAYOUT["equipment"]}, one.retired_at is not None
            )
            for one in equipment
        },
        "point": {
            one.code: Present(
                one.id,
                {name: getattr(one, name) for name in LAYOUT["point"]},
                one.status == PointStatus.RETIRED,
                one.status in (PointStatus.ACTIVE, PointStatus.RETIRED),
            )
            for one in points
        },
    }
    named = {
        column: [
            Named(one.id, one.code, one.name, one.name_en, getattr(one, "retired_at", None) is not None) for one in rows
        ]
        for column, rows in (*places.items(), ("equipment_id", equipment))
    }
    return Plant(present, named, now().astimezone(actor.zone).date())


async def workbook(session: AsyncSession, actor: Actor, translate: Translate, *, empty: bool) -> bytes:
    """Equipment and points in use as a workbook in the reader's language, to be imported again; or its template."""
    named = await choices(session, actor)
    codes = {
        "area_id": {one.id: one.code for one in named["areas"]},
        "stage_id": {one.id: one.code for one in named["stages"]},
        "owner_post_id": {one.id: one.code for one in named["posts"]},
        "equipment_id": {one.id: one.code for one in named["equipment"]},
    }
    equipment, points, places = await described(session, actor)
    for column, rows in places.items():
        codes[column] |= {one.id: one.code for one in rows}
    in_use: dict[str, list[Any]] = {
        "equipment": [] if empty else [one for one in equipment if one.retired_at is None],
        "point": []
        if empty
        else [one for one in points if one.status == PointStatus.ACTIVE and not one.code.startswith("_")],
    }
    sheets = [
        Written(
            translate(SHEETS[kind]),
            [translate(column.words) for column in COLUMNS[kind]],
            widths(kind),
            [_cells(kind, one, codes, translate) for one in in_use[kind]],
        )
        for kind in SHEETS
    ]
    return write_workbook(sheets, _notes(translate, named))


def _cells(kind: str, one: Any, codes: dict[str, dict[int, str]], translate: Translate) -> list[str | float | None]:
    found: list[str | float | None] = []
    for name in LAYOUT[kind]:
        value = getattr(one, name)
        if is_thing(kind, name):
            found.append(codes[name].get(value, "") if value is not None else "")
        elif name == "kind":
            found.append(translate(POINT_KINDS[value]))
        elif name == "manipulated":
            found.append(translate(YES if value else NO))
        else:
            found.append(value if isinstance(value, int | float) else shown(value))
    return found


def _notes(translate: Translate, named: dict[str, list[Any]]) -> tuple[str, list[tuple[str, str]]]:
    """The sheet that says what may stand where."""

    def listed(things: str) -> str:
        return translate(N_("、")).join(f"{one.code} {one.name}" for one in named[things][:60])

    lines = [
        (translate(N_("编号")), translate(N_("必填。已有的编号是修改，没有的是新增；导入后不能改"))),
        (translate(N_("名称")), translate(N_("必填"))),
        (translate(N_("区域")), listed("areas")),
        (translate(N_("环节")), listed("stages")),
        (translate(N_("责任岗位")), listed("posts")),
        (translate(N_("投用日期")), translate(N_("如 2015-03-09，不清楚可以留空"))),
        (translate(N_("测什么")), translate(N_("、")).join(translate(words) for words in POINT_KINDS.values())),
        (translate(N_("由控制系统调节（如阀门开度）")), f"{translate(YES)} / {translate(NO)}"),
        (translate(N_("没有的列")), translate(N_("不改；有列但格子空着，是清空"))),
    ]
    return translate(N_("填写说明")), lines
