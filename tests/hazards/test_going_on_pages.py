"""Extensions, splitting, coming back and the board's quick acts, as a browser without scripts uses them."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.hazards.models import Rectification, RectificationEntry
from tests.hazards.browsing import browsing, hidden
from tests.hazards.cast import Cast, make_cast, opened
from tests.hazards.pictures import photo
from tests.webclient import running_app


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as running:
        yield running


@pytest.fixture
def database(app: FastAPI) -> Database:
    found: Database = app.state.database
    return found


@pytest.fixture
async def cast(database: Database) -> Cast:
    async with database.session() as session:
        return await make_cast(session)


def a_form(cast: Cast, page: str, **changes: str) -> dict[str, str]:
    """What the form of ``page`` sends after somebody chose and typed."""
    return {
        "idempotency_key": hidden(page, "idempotency_key"),
        "alarm_id": hidden(page, "alarm_id"),
        "title": "反应器温度高",
        "measure": "检查冷却水阀",
        "owner_id": str(cast.wang.person_id),
        "deadline": (now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M"),
        **changes,
    }


def pictures(*files: bytes) -> list[tuple[str, Any]]:
    return [("photos", (f"{number}.jpg", data, "image/jpeg")) for number, data in enumerate(files)]


async def step(browser: httpx.AsyncClient, id_: int, verb: str, *files: bytes, **typed: str) -> httpx.Response:
    """Post a step as the page's own form would."""
    page = (await browser.get(f"/rectifications/{id_}")).text
    fields = {"version": hidden(page, "version"), "idempotency_key": hidden(page, "idempotency_key")}
    return await browser.post(f"/rectifications/{id_}/{verb}", data={**fields, **typed}, files=pictures(*files))


async def test_an_extension_is_asked_for_and_answered_on_the_page(app: FastAPI, database: Database, cast: Cast) -> None:
    one = await opened(database, cast)
    wanted = (now().astimezone(cast.leader.zone) + timedelta(days=9)).strftime("%Y-%m-%dT08:00")
    async with browsing(app, cast.wang) as wang, browsing(app, cast.leader) as leader:
        early = await step(wang, one.id, "extension", deadline="2020-01-01T00:00", note="备件没到")
        assert early.status_code == 422 and "新的期限必须晚于原期限和现在" in early.text
        assert ">备件没到</textarea>" in early.text and 'value="2020-01-01T00:00"' in early.text
        assert (await step(wang, one.id, "extension", deadline=wanted, note="备件没到")).status_code == 303
        assert "等待开单人或管理人员审批" in (await wang.get(f"/rectifications/{one.id}")).text
        board = (await leader.get("/rectifications?tab=to_verify")).text
        assert f'href="/rectifications/{one.id}#extension"' in board and "审批延期" in board
        silent = await step(leader, one.id, "refuse-extension")
        assert silent.status_code == 422 and "请写明不同意延期的原因" in silent.text
        assert (await step(leader, one.id, "extend", note="可以")).status_code == 303
        page = (await wang.get(f"/rectifications/{one.id}")).text
    assert "原期限" in page and "同意了延期" in page and "备件没到" in page


async def test_an_extension_asked_for_without_a_network_counts_once_from_when_it_was_asked(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    one = await opened(database, cast)
    wanted = (now().astimezone(cast.leader.zone) + timedelta(days=9)).strftime("%Y-%m-%dT08:00")
    here = f"/rectifications/{one.id}"
    async with browsing(app, cast.wang) as wang:
        page = (await wang.get(here)).text
        assert f'action="{here}/extension" data-outbox="申请延期 {one.number}"' in page
        phone = now() + timedelta(hours=4)  # its clock is wrong
        sent = {
            **{name: hidden(page, name) for name in ("version", "idempotency_key")},
            "deadline": wanted,
            "note": "备件没到",
            "captured_at": (phone - timedelta(minutes=30)).isoformat(),
            "device_now": phone.isoformat(),
        }
        answers = [await wang.post(f"{here}/extension", data=sent) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [303] * 3, answers[-1].text
        assert len({answer.headers["location"] for answer in answers}) == 1
        assert f'data-number="{one.number}"' in (await wang.get(answers[0].headers["location"])).text
    async with database.session(site_id=cast.site.id) as session:
        asked = select(RectificationEntry).where(
            col(RectificationEntry.rectification_id) == one.id, col(RectificationEntry.kind) == "extension_asked"
        )
        entry = (await session.scalars(asked)).one()
    assert entry.captured_at is not None
    assert abs(now() - timedelta(minutes=30) - entry.captured_at) < timedelta(minutes=2)


async def test_a_leader_splits_one_with_a_plain_form_that_keeps_what_was_typed(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    one = await opened(database, cast)
    here = f"/rectifications/{one.id}/split"
    async with browsing(app, cast.leader) as leader, browsing(app, cast.stranger) as stranger:
        page = (await leader.get(here)).text
        assert page.count('name="part_measure"') == 6
        due = re.findall(r'name="part_deadline"[^>]* value="([^"]+)"', page)
        fields = {name: hidden(page, name) for name in ("version", "idempotency_key")}
        typed = {"part_measure": ["换阀门", "补保温", "", "", "", ""], "part_deadline": due}
        nobody = {"part_owner_id": [str(cast.wang.person_id), "", "", "", "", ""]}
        refused = await leader.post(here, data={**fields, **typed, **nobody})
        assert refused.status_code == 422
        assert 'id="part_owner_id_2-error"' in refused.text and ">补保温</textarea>" in refused.text
        both = {"part_owner_id": [str(cast.wang.person_id), str(cast.stranger.person_id), "", "", "", ""]}
        done = await leader.post(here, data={**fields, **typed, **both})
        assert done.headers["location"] == f"/rectifications/{one.id}?done=split"
        whole = (await leader.get(done.headers["location"])).text
        assert "已拆成 2 个部分" in whole and "换阀门" in whole and "补保温" in whole
        assert (await leader.get(here)).status_code == 409
        part = (await stranger.get("/rectifications?tab=mine")).text
    assert "补保温" in part and "换阀门" not in part


async def test_the_board_has_four_tabs_and_a_tap_starts_or_presses(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    one = await opened(database, cast, title="晚了的阀门")
    async with database.session(site_id=cast.site.id) as session:
        late = update(Rectification).where(col(Rectification.id) == one.id)
        await session.execute(late.values(deadline=now() - timedelta(hours=2)))
    async with browsing(app, cast.wang) as wang, browsing(app, cast.leader) as leader:
        board = (await leader.get("/rectifications?tab=overdue")).text
        assert board.split('<nav class="tabs')[1].split("</nav>")[0].count("<a ") == 4
        assert "/rectifications?tab=all" in board
        form = {name: hidden(board, name) for name in ("version", "idempotency_key")}
        pressed = await leader.post(f"/rectifications/{one.id}/urge?tab=overdue", data=form)
        assert "已催办" in (await leader.get(pressed.headers["location"])).text
        mine = (await wang.get("/rectifications")).text
        form = {name: hidden(mine, name) for name in ("version", "idempotency_key")}
        assert (await wang.post(f"/rectifications/{one.id}/start", data=form)).status_code == 303
        assert f'href="/rectifications/{one.id}#act"' in (await wang.get("/rectifications")).text


async def test_what_comes_back_is_opened_from_the_former_one_and_says_so(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    one = await opened(database, cast)
    async with browsing(app, cast.wang) as wang, browsing(app, cast.leader) as leader:
        await step(wang, one.id, "start", photo())
        await step(wang, one.id, "submit", photo(colour="green"), note="换了")
        await step(leader, one.id, "verify")
        page = (await leader.get(f"/rectifications/{one.id}")).text
        assert 'class="compare-before"' in page and f"/rectifications/again?of={one.id}" in page
        assert f"/rectifications/again?of={one.id}" not in (await wang.get(f"/rectifications/{one.id}")).text
        form = (await leader.get(f"/rectifications/again?of={one.id}")).text
        assert hidden(form, "recurs_id") == str(one.id) and 'value="反应器温度高"' in form
        sent = a_form(cast, form, recurs_id=hidden(form, "recurs_id"))
        again = await leader.post("/rectifications", data=sent)
        page = (await leader.get(again.headers["location"])).text
    assert "第 1 次复发" in page and one.number in page


async def test_the_site_sets_when_it_counts_as_come_back(app: FastAPI, cast: Cast) -> None:
    async with browsing(app, cast.officer) as officer, browsing(app, cast.manager) as manager:
        assert (await manager.get("/rectifications/policy")).status_code == 403
        page = (await officer.get("/rectifications/policy")).text
        fields = dict(re.findall(r'<input id="(\w+)" name="\w+" type="text"[^>]* value="(\d+)"', page))
        assert fields["recurrence_days"] == "90" and fields["managers_major"] == "0"
        wrong = await officer.post("/rectifications/policy", data={**fields, "recurrence_days": "半年"})
        assert wrong.status_code == 422 and "请填写 1 到 366 的整数" in wrong.text
        await officer.post("/rectifications/policy", data={**fields, "recurrence_days": "180"})
        assert 'value="180"' in (await officer.get("/rectifications/policy?done=1")).text
        change = re.findall(r'name="entry" value="(\d+)"', (await officer.get("/rectifications/policy")).text)
        assert (await manager.post("/rectifications/policy/restore", data={"entry": change[0]})).status_code == 403
        assert (await officer.post("/rectifications/policy/restore", data={"entry": "0"})).status_code == 404
        assert (await officer.post("/rectifications/policy/restore", data={"entry": change[0]})).status_code == 303
        page = (await officer.get("/rectifications/policy")).text
        assert 'value="90"' in page and "恢复整改设置" in page, "as it was before, and that is in the record"
