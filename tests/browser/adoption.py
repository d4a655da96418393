"""Weeks in which some of the plant's people used AnSu, and what worker1 said of it, for the pages of both."""

from sqlalchemy import select, text
from sqlmodel import col

from backend.core.database import Database
from backend.feedback.commands import add_template, answer, give, rate, set_policy
from backend.feedback.draft import Draft
from backend.identity.models import Person
from backend.operations.adoption.assessing import Rule
from backend.operations.adoption.commands import set_rule
from tests.factories import actor_for

_JOINED = (
    "UPDATE person SET created_at = now() - interval '100 days' WHERE account IN ('worker1', 'leader1', 'manager1')"
)
_USED = """
INSERT INTO person_day(site_id, person_id, day, first_at, last_at)
SELECT p.site_id, p.id, d::date, d, d FROM person p
CROSS JOIN generate_series(now() - interval '70 days', now() - interval '1 day', interval '1 day') AS d
WHERE (p.account = 'leader1' AND extract(isodow FROM d) < 6)
    OR (p.account = 'worker1' AND extract(isodow FROM d) = 2 AND extract(week FROM d)::int % 3 > 0)
ON CONFLICT DO NOTHING
"""


async def said_and_used(database: Database) -> dict[str, int]:
    """Gives the id of an open feedback of worker1 and of one that was answered."""
    async with database.session() as session:
        for statement in (_JOINED, _USED):
            await session.execute(text(statement))
        people = await session.scalars(select(Person).where(col(Person.account).in_(["worker1", "manager1"])))
        actors = {person.account: await actor_for(session, person) for person in people}
        worker, manager = actors["worker1"], actors["manager1"]
        said = Draft(
            "unclear", "趋势图上的虚线是什么意思", page="/alarms/1", device="Android · Chrome", version="0.1.0"
        )
        found = {"feedback": (await give(session, worker, said)).id}
        done = await give(session, worker, Draft("idea", "打卡后能不能自动跳到下一处", page="/checkins"))
        await answer(session, manager, done.id, "可以，下个版本改。")
        await rate(session, worker, done.id, useful=True)
        await add_template(session, manager, "已记下", "已记下，改好后告诉您。")
        await set_policy(session, manager, 3)
        await set_rule(session, manager, Rule(), "先用默认的", seen=None)
        return {**found, "fed": done.id}
