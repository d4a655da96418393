"""Trials of a rule of the demo plant: one of a draft, one that looks for calm."""

from dataclasses import replace

from sqlalchemy import select
from sqlmodel import col

from backend.alarms.drafts import draft_of
from backend.alarms.models import AlarmRule
from backend.core.database import Database
from backend.identity.models import Person, Role
from backend.operations.alarmload.commands import ask_suggestion, ask_trial
from tests.factories import actor_for


async def tried_rules(database: Database, rule_id: int) -> dict[str, int | None]:
    """Ids of the two."""
    async with database.session() as session:
        rule = await session.get_one(AlarmRule, rule_id)
        officers = select(Person).where(col(Person.role) == Role.SAFETY_OFFICER, col(Person.site_id) == rule.site_id)
        actor = await actor_for(session, (await session.scalars(officers.limit(1))).one())
        draft = replace(draft_of(rule), on_delay_s=20.0)
        return {
            "tried": (await ask_trial(session, actor, draft, rule_id=rule_id)).id,
            "calmer": (await ask_suggestion(session, actor, rule_id)).id,
        }
