"""First pages are arranged without code: by role in versions, by people for themselves; danger can't be moved away."""

from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event, select
from sqlmodel import col

from backend.alarms.models import Level
from backend.core.clock import now
from backend.core.database import Database
from backend.core.errors import Conflict, Forbidden, Invalid, NotFound
from backend.hazards.models import Rectification
from backend.home.commands import arrange_own, restore_layout, save_layout
from backend.home.layout import USUAL
from backend.home.queries import look, versions
from backend.identity.models import AuditEntry, Person, Role, Site
from tests.factories import actor_for, made, make_alarm, make_person, make_site, make_team, unique
from tests.webclient import signed_in


@pytest.fixture
async def people(database: Database) -> dict[Role, Person]:
    """One of each role at a new site, in one team."""
    async with database.session() as session:
        site = await make_site(session)
        team = await make_team(session, site, name="甲班", name_en="Team A")
        return {role: await make_person(session, site, role, team) for role in Role}


async def saved(database: Database, who: Person, role: Role, cards: list[str], *, free: bool = True) -> None:
    async with database.session() as session:
        await save_layout(session, await actor_for(session, who), role, cards, "试试", free=free)


def order(page: str, *codes: str) -> list[int]:
    return [page.index(f'data-card="{code}"') for code in codes]


async def test_an_administrator_tries_saves_and_a_manager_sees_it(app: FastAPI, people: dict[Role, Person]) -> None:
    async with signed_in(app, people[Role.ADMIN]) as browser:
        form = {"role": "manager", "seen": "0", "cards": ["risk_map", "decisions"], "free": "on", "why": ""}
        tried = await browser.post("/dashboards/draft", data={**form, "move": "up:decisions"})
        assert "还没保存" in tried.text and tried.text.index('value="decisions"') < tried.text.index('value="risk_map"')
        again = await browser.post("/dashboards", data={**form, "cards": ["decisions", "risk_map"]})
        assert again.status_code == 422 and "请写明为什么改" in again.text
        assert again.text.index('value="decisions"') < again.text.index('value="risk_map"'), "what was tried stays"
        kept = await browser.post("/dashboards", data={**form, "cards": ["decisions", "risk_map"], "why": "先看决定"})
        assert kept.headers["location"] == "/dashboards?role=manager&done=saved"
        assert "先看决定" in (await browser.get(kept.headers["location"])).text
    async with signed_in(app, people[Role.MANAGER]) as browser:
        page = (await browser.get("/")).text
    places = order(page, "doors", "decisions", "risk_map")
    assert places == sorted(places) and 'data-card="alarm_load"' not in page
    async with signed_in(app, people[Role.LEADER]) as browser:
        assert 'data-card="checkin_teams"' in (await browser.get("/")).text, "other roles keep theirs"


async def test_each_version_stays_can_be_taken_back_and_is_in_the_audit(
    database: Database, people: dict[Role, Person]
) -> None:
    admin = people[Role.ADMIN]
    await saved(database, admin, Role.WORKER, ["urgent"])
    await saved(database, admin, Role.WORKER, ["courses", "urgent"], free=False)
    async with database.session() as session:
        actor = await actor_for(session, admin)
        back = await restore_layout(session, actor, Role.WORKER, 1)
        assert (back.number, back.cards, back.free, back.taken_from) == (3, ["urgent"], True, 1)
        with pytest.raises(Conflict):
            await restore_layout(session, actor, Role.WORKER, 1)
        with pytest.raises(NotFound):
            await restore_layout(session, actor, Role.WORKER, 9)
        usual = await restore_layout(session, actor, Role.WORKER, 0)
        assert tuple(usual.cards) == USUAL[Role.WORKER].cards
        found = await versions(session, actor, Role.WORKER)
        assert [one.row.number for one in found] == [4, 3, 2, 1]
        entries = select(col(AuditEntry.action), col(AuditEntry.change)).where(
            col(AuditEntry.site_id) == actor.site_id, col(AuditEntry.object_type) == "home_layout"
        )
        told = (await session.execute(entries.order_by(col(AuditEntry.id)))).all()
    assert [action for action, _ in told] == ["dashboard.save"] * 2 + ["dashboard.restore"] * 2
    assert told[1][1]["cards"] == [["urgent"], ["courses", "urgent"]] and told[1][1]["free"] == [True, False]


async def test_what_cannot_be_is_refused(database: Database, people: dict[Role, Person]) -> None:
    async with database.session() as session:
        actor = await actor_for(session, people[Role.ADMIN])
        with pytest.raises(Invalid):
            await save_layout(session, actor, Role.WORKER, ["nonsense"], "试试", free=True)
        with pytest.raises(Conflict):
            await save_layout(session, actor, Role.WORKER, ["urgent"], "试试", free=True, seen=5)
        officer = await actor_for(session, people[Role.SAFETY_OFFICER])
        with pytest.raises(Forbidden):
            await save_layout(session, officer, Role.WORKER, ["urgent"], "试试", free=True)


async def test_people_hide_and_move_cards_and_go_back_in_one_tap(app: FastAPI, people: dict[Role, Person]) -> None:
    async with signed_in(app, people[Role.WORKER]) as browser:
        assert "待学课程" in (await browser.get("/")).text
        await browser.post("/me/home", data={"move": "drop:courses"})
        await browser.post("/me/home", data={"move": "up:own"})
        page = (await browser.get("/")).text
        assert "待学课程" not in page and page.index("我的整改") < page.index("待确认预警")
        mine = (await browser.get("/me/home")).text
        assert "已收起" in mine and "恢复默认" in mine
        assert (await browser.post("/me/home/default")).status_code == 303
        page = (await browser.get("/")).text
        assert "待学课程" in page and page.index("待确认预警") < page.index("我的整改")


async def test_where_the_site_has_one_page_for_all_nobody_arranges_theirs(
    app: FastAPI, database: Database, people: dict[Role, Person]
) -> None:
    async with database.session() as session:
        worker = await actor_for(session, people[Role.WORKER])
        await arrange_own(session, worker, (await look(session, worker)).layout, "drop:courses")
    await saved(database, people[Role.ADMIN], Role.WORKER, ["courses", "own"], free=False)
    async with signed_in(app, people[Role.WORKER]) as browser:
        assert "待学课程" in (await browser.get("/")).text
        assert "首页由管理员统一布置" in (await browser.get("/me/home")).text
        refused = await browser.post("/me/home", data={"move": "drop:courses"})
        assert refused.status_code == 409 and "不能自己调整" in refused.text


async def test_alarms_stand_above_all_cards_of_an_empty_layout(
    app: FastAPI, database: Database, people: dict[Role, Person]
) -> None:
    await saved(database, people[Role.ADMIN], Role.MANAGER, [])
    async with database.session() as session:
        site = await session.get_one(Site, people[Role.MANAGER].site_id)
        await make_alarm(session, site, level=Level.MAJOR, title="反应器压力 高高报")
    async with signed_in(app, people[Role.MANAGER]) as browser:
        page = (await browser.get("/")).text
    assert "反应器压力 高高报" in page and page.index('data-card="floods"') < page.index('data-card="doors"')


async def test_a_module_that_is_off_has_no_card(app: FastAPI, database: Database, people: dict[Role, Person]) -> None:
    async with database.session() as session:
        (await session.get_one(Site, people[Role.MANAGER].site_id)).modules_off = ["operations", "training"]
    async with signed_in(app, people[Role.MANAGER]) as browser:
        page = (await browser.get("/")).text
        later = await browser.get("/home/cards?codes=indicator-on_time,alarm_load,risk_map")
    assert "/home/cards?codes=indicator" not in page and "待学课程" not in page and 'data-card="risk_map"' in page
    assert 'data-card="risk_map"' in later.text and 'data-card="alarm_load"' not in later.text


async def test_cards_that_come_later_say_what_they_found(
    app: FastAPI, database: Database, people: dict[Role, Person]
) -> None:
    worker, manager = people[Role.WORKER], people[Role.MANAGER]
    async with database.session() as session:
        for level in (Level.GENERAL, Level.MAJOR):
            late = Rectification(
                site_id=worker.site_id, number=unique("ZG-"), level=level, title="补护栏", measure="补"
            )
            late.owner_id, late.opened_by, late.deadline = worker.id, manager.id, now() - timedelta(hours=1)
            await made(session, late)
    codes = (
        "indicator-on_time,risk_map,concentration,alarm_load,overdue_teams,checkin_teams,decisions,duty,safety_report"
    )
    async with signed_in(app, manager) as browser:
        page = (await browser.get(f"/home/cards?codes={codes}")).text
    assert [f'data-card="{code}"' in page for code in codes.split(",")] == [True] * 9
    assert "甲班</span><strong>2</strong>" in page and "无数据" in page
    async with signed_in(app, worker) as browser:
        assert "data-card" not in (await browser.get(f"/home/cards?codes={codes}")).text


async def test_the_wall_has_the_managers_cards_and_nothing_of_one_person(
    app: FastAPI, database: Database, people: dict[Role, Person]
) -> None:
    await saved(database, people[Role.ADMIN], Role.MANAGER, ["own", "alarm_load", "overdue"])
    async with signed_in(app, people[Role.LEADER]) as browser:
        page = (await browser.get("/wall")).text
        part = (await browser.get("/wall", headers={"HX-Request": "true", "HX-Target": "wall"})).text
    assert (
        'data-card="alarm_load"' in page
        and "逾期整改" in page
        and "我的整改" not in page
        and "/reports/new" not in part
    )
    assert "<html" not in part and "本页更新于" in part


MOST = {Role.WORKER: 11, Role.LEADER: 12, Role.SAFETY_OFFICER: 12, Role.MANAGER: 12, Role.ADMIN: 13}
"""Statements of the first page before it had cards, the sign-in's included."""


@pytest.mark.parametrize("role", Role)
async def test_the_first_paint_asks_the_database_no_more_often_than_before_there_were_cards(
    app: FastAPI, people: dict[Role, Person], role: Role
) -> None:
    said: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        said.append(statement)

    database: Database = app.state.database
    async with signed_in(app, people[role]) as browser:
        await _loaded(browser)
        event.listen(database.engine.sync_engine, "before_cursor_execute", hear)
        await _loaded(browser)
        event.remove(database.engine.sync_engine, "before_cursor_execute", hear)
    assert 0 < len(said) <= MOST[role], "\n".join(said)
    assert [one for one in said if "indicator_" in one] == [], "figures come after it"


async def _loaded(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/")).status_code == 200
