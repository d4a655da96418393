"""Who is told of an alarm that nobody acknowledges: set, tried and taken back on a page, without code."""

from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from backend.alarms.escalation import USUAL_LADDERS, Ladder
from backend.alarms.ladders import ROLES, fields_of, ladder_of_fields, read_ladders, typed_of
from backend.alarms.models import Level
from backend.alarms.queries.watching import ladder_of
from backend.core.database import Database
from backend.core.errors import Invalid
from backend.identity.models import Person, Role
from backend.identity.queries.audit import Filter, audit_entries
from tests.alarms.browsing import Browsers, raised, words
from tests.alarms.setting import Setting, settle
from tests.webclient import signed_in

USUAL = typed_of(USUAL_LADDERS)


async def ladder(database: Database, setting: Setting, level: Level = Level.MAJOR) -> dict[str, float | None]:
    """The ladder that the worker goes by, in minutes."""
    async with database.session() as session:
        return fields_of(await ladder_of(session, setting.site_id, level))


async def newest_change(database: Database, setting: Setting) -> int:
    async with database.session() as session:
        page = await audit_entries(session, setting.actor(Role.ADMIN), Filter(object_type="escalation_policy"))
        return page.entries[0].id


@given(
    st.dictionaries(st.sampled_from(ROLES), st.integers(0, 1440), min_size=1),
    st.integers(1, 1440),
)
def test_a_ladder_that_is_written_is_read_back(after: dict[Role, int], repeat: int) -> None:
    minutes: dict[str, Any] = {str(role): after.get(role) for role in ROLES} | {"repeat": repeat}
    made = ladder_of_fields(minutes)
    assert fields_of(made) == minutes
    assert isinstance(made, Ladder) and [r.after_s for r in made.rungs] == sorted({m * 60 for m in after.values()})


def test_the_usual_ladders_pass_their_own_form() -> None:
    assert read_ladders(USUAL) == USUAL_LADDERS


@pytest.mark.parametrize(
    ("field", "typed"),
    [("low_leader", ""), ("major_repeat", "0"), ("general_manager", "soon"), ("general_manager", "1441"),
     ("low_repeat", ""), ("general_leader", "nan")],
)  # fmt: skip
def test_what_would_tell_nobody_or_cannot_be_read_is_said_beside_its_field(field: str, typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_ladders({**USUAL, field: typed})
    level = field.partition("_")[0]
    assert set(refused.value.fields) <= {field, f"{level}_worker"} and refused.value.fields


def test_of_a_major_alarm_somebody_is_told_within_five_minutes() -> None:
    late = {**USUAL, "major_leader": "6", "major_manager": "7", "major_safety_officer": "8"}
    with pytest.raises(Invalid) as refused:
        read_ladders(late)
    assert set(refused.value.fields) == {"major_worker"}
    assert read_ladders({**late, "major_manager": "5"})[Level.MAJOR].rungs[0].after_s == 300


async def test_a_safety_officer_sets_who_is_told_and_takes_it_back(
    database: Database, setting: Setting, browsers: Browsers
) -> None:
    officer = await browsers(Role.SAFETY_OFFICER)
    before = await ladder(database, setting)
    form = {**USUAL, "seen": "0", "major_worker": "0", "major_manager": "", "major_repeat": "5"}
    assert (await officer.post("/escalation", data=form)).status_code == 303
    set_now = await ladder(database, setting)
    assert set_now == {**before, "worker": 0, "manager": None, "repeat": 5}
    assert await ladder(database, setting, Level.LOW) == fields_of(USUAL_LADDERS[Level.LOW])
    page = words(await officer.get("/escalation"))
    assert "一线员工（分钟后） 0" in page and "再通知的间隔（分钟） 2 → 5" in page
    change = await newest_change(database, setting)
    assert (await officer.post("/escalation/restore", data={"entry": change})).status_code == 303
    assert await ladder(database, setting) == before
    assert (await officer.post("/escalation/restore", data={"entry": change + 1})).status_code == 303
    assert await ladder(database, setting) == set_now, "what was taken back can be taken back too"


async def test_a_trial_says_whom_it_would_have_called_and_saves_nothing(
    database: Database, setting: Setting, browsers: Browsers
) -> None:
    await raised(database, setting, level=Level.MAJOR)
    officer, before = await browsers(Role.SAFETY_OFFICER), await ladder(database, setting)
    tried = await officer.post("/escalation", data={**USUAL, "seen": "0", "major_admin": "1440", "trying": "1"})
    part = words(tried).partition("重大")[2].partition("较大")[0]
    assert "立即 班组长 近 30 天有 1 条到了这一级" in part
    assert "24 小时 系统管理员 近 30 天有 0 条到了这一级" in part
    assert "还没有保存" in words(tried) and await ladder(database, setting) == before


async def test_two_at_once_do_not_overwrite_each_other_and_what_was_typed_stays(
    database: Database, setting: Setting, browsers: Browsers
) -> None:
    officer = await browsers(Role.SAFETY_OFFICER)
    await officer.post("/escalation", data={**USUAL, "seen": "0", "low_manager": "60"})
    second = await officer.post("/escalation", data={**USUAL, "seen": "0", "low_manager": "90"})
    assert second.status_code == 409 and "别人刚刚改过" in words(second) and 'value="90"' in second.text
    assert (await ladder(database, setting, Level.LOW))["manager"] == 60


async def test_who_leads_reads_it_workers_do_not_and_nobody_sets_another_site_s(
    app: FastAPI, database: Database, setting: Setting, browsers: Browsers
) -> None:
    leader, worker = await browsers(Role.LEADER), await browsers(Role.WORKER)
    assert "逐级通知" in (await leader.get("/escalation")).text
    assert (await leader.post("/escalation", data=USUAL)).status_code == 403
    assert (await worker.get("/escalation")).status_code == 403
    officer = await browsers(Role.SAFETY_OFFICER)
    await officer.post("/escalation", data={**USUAL, "seen": "0", "low_manager": "60"})
    change = await newest_change(database, setting)
    async with database.session() as session:
        other = await settle(session)
        stranger = await session.get_one(Person, other.people[Role.ADMIN])
    async with signed_in(app, stranger) as browser:
        assert (await browser.post("/escalation/restore", data={"entry": change})).status_code == 404
