"""What the demo is on its first day."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import or_, select, text
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.identity.models import Person, Post, PostHolder, Role
from backend.identity.passwords import verify_password
from backend.maintenance.models import MaintenanceRecord
from backend.plant.models import Equipment, Point
from backend.starter.demo import load_demo
from backend.starter.pack import Pack
from backend.telemetry.models import LearnedNormal, PointState
from backend.tracing.engine import Normal
from backend.training.models import Course, TrainingAssignment, TrainingRecord
from backend.training.queries import mine
from tests.factories import actor_for

PASSWORD = "a demo password"


@pytest.fixture(scope="module", autouse=True)
async def _loaded(database_url: str, tep: Pack) -> AsyncIterator[None]:
    database = Database(database_url, pool_size=1)
    async with database.session() as session:
        said = await load_demo(session, tep, PASSWORD)
    assert said is not None and "52" in said
    yield
    await database.close()


async def test_the_demo_has_people_of_every_role_who_can_sign_in_and_are_marked_as_samples(
    database: Database, tep: Pack
) -> None:
    async with database.session() as session:
        people = (await session.execute(select(Person))).scalars().all()
        assert {person.role for person in people} == set(Role)
        assert all(person.sample for person in people)
        assert await verify_password(PASSWORD, people[0].password_hash)
        records = [*(await session.execute(select(MaintenanceRecord))).scalars()]
        records += (await session.execute(select(TrainingRecord))).scalars()
        assert records and all(record.sample for record in records)
        assert all(one.commissioned_on for one in (await session.scalars(select(Equipment))).all())
        held = select(col(PostHolder.post_id)).where(col(PostHolder.until).is_(None))
        assert {post.id for post in (await session.execute(select(Post))).scalars()} == set(
            (await session.execute(held)).scalars()
        )


async def test_each_role_of_the_demo_learns_its_own_course_on_ansu_and_the_risks_of_the_plant(
    database: Database,
) -> None:
    asked = (
        select(col(Person.role), col(Course.code))
        .distinct()
        .where(
            col(TrainingAssignment.course_id) == col(Course.id),
            or_(
                col(TrainingAssignment.person_id) == col(Person.id),
                col(TrainingAssignment.team_id) == col(Person.team_id),
            ),
        )
    )
    async with database.session() as session:
        rows = (await session.execute(asked)).all()
    by_role = {role: {code for one, code in rows if one == role} for role, _ in rows}
    assert by_role[Role.WORKER] == {"ansu-worker", "tep-cooling", "tep-reactor"}
    assert by_role[Role.LEADER] == {"ansu-leader", "tep-cooling", "tep-reactor"}
    for role, code in ((Role.MANAGER, "manager"), (Role.SAFETY_OFFICER, "officer"), (Role.ADMIN, "admin")):
        assert by_role[role] == {f"ansu-{code}"}


async def test_nobody_is_asked_to_learn_what_another_is(database: Database) -> None:
    async with database.session() as session:
        officer = (await session.scalars(select(Person).where(col(Person.account) == "safety1"))).one()
        due = [one.course.code for one in await mine(session, await actor_for(session, officer)) if one.due_on]
    assert due == ["ansu-officer"]


async def test_the_demo_has_a_day_of_readings_that_ends_now(database: Database) -> None:
    async with database.session() as session:
        of_the_day = text("SELECT min(at), max(at), count(*) FROM reading WHERE at > :since")
        since = {"since": now() - timedelta(hours=23, minutes=58, seconds=30)}
        first, last, count = (await session.execute(of_the_day, since)).one()
        states = (await session.execute(select(PointState))).scalars().all()
    assert now() - last < timedelta(minutes=3)
    assert timedelta(hours=23, minutes=50) < last - first < timedelta(hours=24)
    assert count == 480 * 52
    assert len(states) == 52


async def test_the_demo_knows_what_is_normal_for_all_points_together(database: Database) -> None:
    async with database.session() as session:
        learned = (await session.execute(select(LearnedNormal).where(col(LearnedNormal.active)))).scalar_one()
        codes = (await session.execute(select(col(Point.id), col(Point.code)))).all()
    by_id = {row.id: row.code for row in codes}
    normal = Normal.from_dict(learned.parameters)
    assert [by_id[point_id] for point_id in learned.point_ids] == list(normal.points)
    assert normal.rows == 1460


async def test_a_demo_that_was_loaded_is_left_alone_by_a_second_load(database: Database, tep: Pack) -> None:
    async with database.session() as session:
        assert await load_demo(session, tep, "another password") is None
        person = (await session.execute(select(Person).limit(1))).scalar_one()
    assert await verify_password(PASSWORD, person.password_hash)


async def test_a_demo_gets_its_passwords_back_when_asked(database: Database, tep: Pack) -> None:
    async with database.session() as session:
        assert await load_demo(session, tep, "a third password", reset_passwords=True)
    async with database.session() as session:
        person = (await session.execute(select(Person).limit(1))).scalar_one()
    assert await verify_password("a third password", person.password_hash)
