"""Points and rules of packs: only where there are sensors, ready before the first reading, never twice."""

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.commands import edit_rule
from backend.alarms.drafts import draft_of
from backend.alarms.judge import AlarmJudge
from backend.alarms.models import AlarmRule
from backend.core.clock import now
from backend.core.database import Database
from backend.identity.actor import Actor
from backend.identity.models import Person, Role, Site
from backend.plant.models import Point, PointStatus
from backend.starter.pack import PackError
from backend.starter.trades.installing import install_trade
from backend.starter.trades.pack import PACKS, TradePack, read_trade, trade_pack, trade_packs
from backend.starter.trades.wish import Wish, read_wish
from backend.telemetry.models import PointState, Source
from backend.telemetry.quality.counting import count_hours
from tests.factories import actor_for, make_person, make_site
from tests.telemetry.line import Line, eventually, ingesting, publish
from tests.telemetry.mosquitto import TestedBroker
from tests.webclient import running_app, signed_in

CODES = [pack.code for pack in trade_packs()]


def pack_of(code: str) -> TradePack:
    found = trade_pack(code)
    assert found is not None
    return found


def all_measured(pack: TradePack) -> Wish:
    return Wish(Wish.usual(pack).counts, sensors=frozenset(kind.code for kind in pack.equipment))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    one = Database(database_url, pool_size=5)
    yield one
    await one.close()


async def administrator(session: AsyncSession) -> Actor:
    site = await make_site(session)
    return await actor_for(session, await make_person(session, site, role=Role.ADMIN))


async def points_of(session: AsyncSession, actor: Actor) -> dict[str, Point]:
    found = await session.scalars(select(Point).where(col(Point.site_id) == actor.site_id))
    return {one.code: one for one in found}


async def rules_of(session: AsyncSession, actor: Actor) -> list[AlarmRule]:
    wanted = select(AlarmRule).where(col(AlarmRule.site_id) == actor.site_id).order_by(col(AlarmRule.id))
    return list(await session.scalars(wanted))


@pytest.mark.parametrize("code", CODES)
def test_a_pack_has_five_rules_or_more_that_say_where_their_limits_come_from(code: str) -> None:
    rules = pack_of(code).rules
    assert len(rules) >= 5
    assert all(rule.basis and rule.basis_en and rule.advice and rule.advice_en for _, rule in rules)


def test_gas_detectors_alarm_within_the_stages_of_the_standard() -> None:
    stages = [
        rule.parameters["limits"] for pack in trade_packs() for kind in pack.equipment for point in kind.points
        if point.unit == "%LEL" for rule in point.rules
    ]  # fmt: skip
    assert len(stages) == 3
    assert all(one["H"]["value"] <= 25 and one["HH"]["value"] <= 50 for one in stages)


def broken(tmp_path: Path, **change: object) -> Path:
    """The machining pack whose first rule is changed."""
    folder = copytree(PACKS / "machining", tmp_path / "machining")
    document = json.loads((folder / "equipment.json").read_text())
    point = next(one for one in document["equipment"] if one.get("points"))["points"][0]
    point["rules"][0].update(change)
    (folder / "equipment.json").write_text(json.dumps(document))
    return folder


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name_en": ""}, "name is missing in a language"),
        ({"basis": " "}, "basis is missing in a language"),
        ({"parameters": {"limits": {"H": {"value": 60}}}}, "limit H lies outside the range"),
        ({"parameters": {"limits": {}}}, "limits"),
        ({"deadband": 6}, "wider than a tenth"),
        ({"on_delay_s": -1}, "on_delay_s"),
        ({"kind": "silence", "parameters": {"after_s": 60}}, "never there"),
    ],
)
def test_a_rule_that_makes_no_sense_is_named(tmp_path: Path, change: dict[str, object], said: str) -> None:
    with pytest.raises(PackError, match=said):
        read_trade(broken(tmp_path, **change))


def test_a_pack_without_any_rule_is_refused(tmp_path: Path) -> None:
    folder = copytree(PACKS / "machining", tmp_path / "machining")
    document = json.loads((folder / "equipment.json").read_text())
    for one in document["equipment"]:
        one.pop("points", None)
    (folder / "equipment.json").write_text(json.dumps(document))
    with pytest.raises(PackError, match="needs a rule"):
        read_trade(folder)


@pytest.mark.parametrize("code", CODES)
async def test_without_the_tick_no_point_and_no_rule_comes(database: Database, code: str) -> None:
    async with database.session() as session:
        actor, pack = await administrator(session), pack_of(code)
        await install_trade(session, actor, pack, Wish.usual(pack))
        assert (await points_of(session, actor), await rules_of(session, actor)) == ({}, [])


@pytest.mark.parametrize("code", CODES)
async def test_with_it_each_machine_gets_its_points_and_rules_and_never_twice(database: Database, code: str) -> None:
    async with database.session() as session:
        actor, pack = await administrator(session), pack_of(code)
        wish = all_measured(pack)
        first = await install_trade(session, actor, pack, wish)
        machines = wish.machines(pack)
        assert set(await points_of(session, actor)) == {
            f"{one.code}-{point.suffix}" for one in machines for point in one.kind.points
        }
        rules = sum(len(point.rules) for one in machines for point in one.kind.points)
        assert len(await rules_of(session, actor)) == rules == first.counts["rules"]
        assert not (await install_trade(session, actor, pack, wish)).anything
        assert len(await rules_of(session, actor)) == rules


async def test_a_rule_is_named_after_its_machine_audited_and_left_alone_once_a_person_changed_it(
    database: Database,
) -> None:
    async with database.session() as session:
        actor, pack = await administrator(session), pack_of("chemical")
        wish = read_wish(pack, {"count_REACTOR": "2", "name_REACTOR": "酯化釜", "sensors_REACTOR": "on"})
        await install_trade(session, actor, pack, wish)
        rules = await rules_of(session, actor)
        assert [one.name for one in rules][:2] == ["酯化釜 1 号釜温高", "酯化釜 1 号釜温升得太快"]
        draft = draft_of(rules[0])
        limits = {"limits": {"H": {"value": 80.0, "level": "significant"}}}
        draft = type(draft)(**{**draft.__dict__, "parameters": limits})
        await edit_rule(session, actor, rules[0].id, draft, version=1)
        await install_trade(session, actor, pack, wish)
        again = await rules_of(session, actor)
        assert len(again) == len(rules) and again[0].version == 2 and again[0].parameters == limits
        audited = await session.execute(
            text(
                "SELECT action, count(*) FROM audit_entry WHERE site_id = :s AND object_type = 'alarm_rule' GROUP BY 1"
            ),
            {"s": actor.site_id},
        )
        assert dict(list(audited)) == {"rule.create": len(rules), "rule.edit": 1}


async def test_a_code_that_came_before_is_adopted_and_one_that_people_refused_is_not(database: Database) -> None:
    async with database.session() as session:
        actor, pack = await administrator(session), pack_of("warehouse")
        for code, status in (("VENT-1-H2", PointStatus.PENDING), ("FIREPUMP-1-P", PointStatus.IGNORED)):
            session.add(Point(site_id=actor.site_id, code=code, name=code, status=status, source="gw"))
        await session.flush()
        await install_trade(session, actor, pack, all_measured(pack))
        points = await points_of(session, actor)
        vent, pump = points["VENT-1-H2"], points["FIREPUMP-1-P"]
        assert (vent.status, vent.unit, vent.decimals) == (PointStatus.ACTIVE, "%LEL", 1)
        assert (pump.status, pump.name) == (PointStatus.IGNORED, "FIREPUMP-1-P")
        watched = {one.point_id for one in await rules_of(session, actor)}
        assert vent.id in watched and pump.id not in watched


async def test_before_the_first_reading_nothing_alarms_and_quality_counts_nothing(database: Database) -> None:
    later = datetime.now(UTC) + timedelta(days=3)
    begins = later.replace(minute=0, second=0, microsecond=0)
    async with database.session() as session:
        actor, pack = await administrator(session), pack_of("chemical")
        await install_trade(session, actor, pack, all_measured(pack))
        session.add(Source(site_id=actor.site_id, code="gw", first_seen_at=begins - timedelta(days=1)))
        heard = Point(site_id=actor.site_id, code="OLD", name="OLD", expected_interval_s=60, source="gw")
        session.add(heard)
        await session.flush()
        heard_id = heard.id
    judge = AlarmJudge([actor.site_id])
    async with database.session() as session:
        await judge.load(session)
        await judge.record(session, judge.tick(later))
        await count_hours(session, actor.site_id, [(begins.date(), begins, begins + timedelta(hours=1))])
    async with database.session() as session:
        said = {"s": actor.site_id}
        assert await session.scalar(text("SELECT count(*) FROM alarm WHERE site_id = :s"), said) == 0
        counted = await session.scalars(text("SELECT point_id FROM point_hour WHERE site_id = :s"), said)
        assert list(counted) == [heard_id], "a point that was heard counts, one that never was doesn't"


async def test_a_reading_beyond_the_limit_raises_the_alarm_of_its_machine_through_the_real_ingest(
    database: Database, mqtt_url: str, gateway_mqtt_url: str
) -> None:
    broker = TestedBroker("embedded", mqtt_url, gateway_mqtt_url, "auto")
    async with database.session() as session:
        await session.execute(text("DELETE FROM point_state"))
        actor, pack = await administrator(session), pack_of("chemical")
        wish = read_wish(pack, {"count_GASDET": "2", "sensors_GASDET": "on"})
        await install_trade(session, actor, pack, wish)
        point = (await points_of(session, actor))["GASDET-2-LEL"]
        site = await session.get_one(Site, actor.site_id)
    line = Line(database, broker, actor.site_id, site.code, point.id)
    async with ingesting(line):
        await publish(line, [(line.topic("point/GASDET-2-LEL"), {"value": 4.0})])
        await line.received(1)
        assert await line.rows("SELECT 1 FROM alarm WHERE site_id = :site") == []
        await publish(line, [(line.topic("point/GASDET-2-LEL"), {"value": 55.0})])

        async def raised() -> list[tuple[object, ...]]:
            return await line.rows(
                "SELECT title, level, latched FROM alarm WHERE site_id = :site AND limit_name = 'HH'"
            )

        found = await eventually(raised, "the alarm")
    assert found[0][1:] == ("major", True) and "气体探测器 2 号" in str(found[0][0])


async def test_the_page_tells_who_wires_up_the_gateway_what_is_still_to_be_sent(
    database: Database, database_url: str, redis_url: str
) -> None:
    async with database.session() as session:
        actor, pack = await administrator(session), pack_of("chemical")
        await install_trade(session, actor, pack, read_wish(pack, {"count_GASDET": "2", "sensors_GASDET": "on"}))
        heard = (await points_of(session, actor))["GASDET-1-LEL"]
        session.add(PointState(point_id=heard.id, site_id=actor.site_id, at=now(), value=1.0, received_at=now()))
        site, person = await session.get_one(Site, actor.site_id), await session.get_one(Person, actor.person_id)
    async with running_app(database_url, redis_url) as app, signed_in(app, person) as browser:
        said = (await browser.get("/setup/codes")).text
        assert f"ansu/{site.code}/网关名/point/GASDET-2-LEL" in said
        assert "GASDET-1-LEL" not in said, "that one is heard already"
        again = (await browser.get("/setup/packs?code=chemical")).text
        assert re.search(r'name="sensors_GASDET"[^>]* checked', again)
        assert not re.search(r'name="sensors_REACTOR"[^>]* checked', again)


def test_what_is_read_of_the_form_takes_ticks_only_of_kinds_with_points() -> None:
    pack = pack_of("machining")
    wish = read_wish(pack, {"count_PANEL": "1", "sensors_PANEL": "on", "sensors_SAW": "on", "sensors_X": "on"})
    assert wish.sensors == {"PANEL"}
