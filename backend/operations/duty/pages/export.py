"""``/duty/export.xlsx`` and ``.csv``: a month for the payroll."""

import io
from collections import defaultdict
from typing import Annotated

from fastapi import Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.i18n import translate
from backend.core.pages import locale_of
from backend.core.routing import APIRouter
from backend.core.spreadsheets import Csv, Table, Workbook
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.operations.duty import queries
from backend.operations.duty.exporting import TITLE, Payroll, headings, lines
from backend.operations.duty.models import DutyReward
from backend.operations.duty.months import read_month

router = APIRouter(prefix="/duty")
_Month = Annotated[str, Query(max_length=10)]
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/export.xlsx", dependencies=[allow("duty.govern")])
async def workbook(request: Request, session: SessionDep, actor: ActorDep, month: _Month = "") -> Response:
    """As a workbook."""
    return await _file(request, session, actor, month, "xlsx", _XLSX)


@router.get("/export.csv", dependencies=[allow("duty.govern")])
async def plain(request: Request, session: SessionDep, actor: ActorDep, month: _Month = "") -> Response:
    """The same as CSV."""
    return await _file(request, session, actor, month, "csv", "text/csv; charset=utf-8")


async def _file(
    request: Request, session: AsyncSession, actor: Actor, typed: str, ending: str, media_type: str
) -> Response:
    month, locale = read_month(typed, queries.present_month(actor)), locale_of(request)
    people = await queries.of_month(session, actor, month)
    rewards: dict[int, list[DutyReward]] = defaultdict(list)
    for reward, _ in await queries.rewards(session, actor, month):
        rewards[reward.person_id].append(reward)
    _, posts = await queries.teams_and_posts(session, actor)
    rules = await queries.rules_numbered(session, actor, {one.statement.rule_number for one in people})
    file = io.BytesIO()
    columns = headings(locale)
    table: Table = Csv(file, columns) if ending == "csv" else Workbook(file, translate(locale, TITLE), columns)
    table.add(lines(people, Payroll(locale, rules, posts, rewards)))
    table.end()
    name = f"ansu-duty-{month:%Y-%m}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(file.getvalue(), media_type=media_type, headers=headers)
