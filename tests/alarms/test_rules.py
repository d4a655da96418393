"""People and rules: versions, audit, who may switch what off."""

import asyncio
from dataclasses import replace

import asyncpg
import pytest
from sqlalchemy import text

from backend.alarms.commands import create_rule, edit_rule, take_out_of_service
from backend.alarms.drafts import RuleDraft, draft_of
from backend.core.database import Database
from backend.core.errors import Conflict, Forbidden, Invalid, NotFound
from backend.identity.models import Role
from tests.alarms.setting import Setting, add_rule, settle


def draft(setting: Setting) -> RuleDraft:
    return RuleDraft(
        kind="threshold",
        name="压力高",
        point_id=setting.points[0],
        parameters={"limits": {"H": {"value": 100.0}}},
        level="major",
    )


async def test_a_rule_is_made_and_each_edit_is_a_version_in_the_audit(database: Database, setting: Setting) -> None:
    officer = setting.actor(Role.SAFETY_OFFICER)
    async with database.session() as session:
        rule = await create_rule(session, officer, draft(setting))
        changed = replace(draft_of(rule), deadband=2.0)
        edited = await edit_rule(session, officer, rule.id, changed, version=1)
        assert edited.version == 2
        rows = await session.execute(
            text(
                "SELECT action, change FROM audit_entry WHERE object_type = 'alarm_rule' "
                "AND object_id = :id ORDER BY id"
            ),
            {"id": rule.id},
        )
        made, edit = rows.all()
    assert (made.action, edit.action) == ("rule.create", "rule.edit")
    assert edit.change == {"deadband": [0.0, 2.0], "version": [1, 2]}


async def test_an_edit_that_changes_nothing_makes_no_version(database: Database, setting: Setting) -> None:
    async with database.session() as session:
        rule = await create_rule(session, setting.actor(Role.ADMIN), draft(setting))
        same = await edit_rule(session, setting.actor(Role.ADMIN), rule.id, draft_of(rule), version=1)
    assert same.version == 1


async def test_who_edits_an_old_version_is_told_to_look_again(database: Database, setting: Setting) -> None:
    async with database.session() as session:
        rule = await add_rule(session, setting)
        with pytest.raises(Conflict):
            await edit_rule(session, setting.actor(Role.ADMIN), rule.id, draft_of(rule), version=7)


async def test_ingest_is_woken_when_the_edit_commits(database: Database, setting: Setting) -> None:
    listener = await asyncpg.connect(database.url)
    woken = asyncio.Event()
    await listener.add_listener("ansu_rules", lambda *_: woken.set())
    async with database.session() as session:
        await create_rule(session, setting.actor(Role.ADMIN), draft(setting))
        assert not woken.is_set()
    await asyncio.wait_for(woken.wait(), 5)
    await listener.close()


async def test_a_rule_that_guards_level_major_is_not_switched_off_without_a_reason(
    database: Database, setting: Setting
) -> None:
    async with database.session() as session:
        rule = await add_rule(session, setting)
        off = replace(draft_of(rule), enabled=False)
        with pytest.raises(Invalid) as refused:
            await edit_rule(session, setting.actor(Role.SAFETY_OFFICER), rule.id, off, version=1)
        assert "reason" in refused.value.fields
        switched = await edit_rule(
            session, setting.actor(Role.SAFETY_OFFICER), rule.id, replace(off, reason="改造"), version=1
        )
    assert not switched.enabled


async def test_leaders_see_rules_but_change_none_and_strangers_find_none(database: Database, setting: Setting) -> None:
    async with database.session() as session:
        rule = await add_rule(session, setting)
        stranger = await settle(session)
        with pytest.raises(Forbidden):
            await edit_rule(session, setting.actor(Role.LEADER), rule.id, draft_of(rule), version=1)
        with pytest.raises(NotFound):
            await take_out_of_service(session, stranger.actor(Role.ADMIN), rule.id, reason="x")


async def test_a_rule_cannot_watch_another_site_s_point(database: Database, setting: Setting) -> None:
    async with database.session() as session:
        stranger = await settle(session)
        with pytest.raises(Invalid) as refused:
            await create_rule(session, setting.actor(Role.ADMIN), draft(stranger))
    assert "point_id" in refused.value.fields
