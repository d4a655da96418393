"""Alarm load of an estate (tests/identity/estate.py): a trial and the change that came of it."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.drafts import draft_of
from backend.alarms.models import AlarmRule
from backend.core.clock import now
from backend.operations.alarmload.models import AlarmOperators, Purpose, Rationalisation, RuleTrial, TrialState
from tests.factories import made


async def make_marked_load(session: AsyncSession, rule: AlarmRule, person_id: int) -> dict[str, int]:
    """Gives ids by path parameter."""
    site: dict[str, Any] = {"site_id": rule.site_id}
    kept = asdict(draft_of(rule))
    trial = RuleTrial(
        **site, rule_id=rule.id, rule_version=rule.version, purpose=Purpose.SUGGEST, present=kept,
        draft=kept | {"off_delay_s": 9.0}, from_at=now() - timedelta(days=7), to_at=now(), state=TrialState.DONE,
        result={"present": {"alarms": 9}, "draft": {"alarms": 1}, "safe": True, "readings": 5}, asked_by=person_id,
    )  # fmt: skip
    await made(session, trial)
    await made(session, AlarmOperators(**site, operators=2))
    was = await made(session, RuleTrial(**site, rule_id=rule.id, purpose=Purpose.SUGGEST, present=kept, draft=kept,
                                        from_at=now(), to_at=now(), asked_by=person_id))  # fmt: skip
    change = Rationalisation(
        **site, rule_id=rule.id, trial_id=was.id, from_version=0, to_version=rule.version,
        before={"deadband": 1.0, "on_delay_s": 0.0, "off_delay_s": 0.0}, after={}, days=7.0, alarms_before=9,
        alarms_after=1, applied_by=person_id,
    )  # fmt: skip
    return {"trial_id": trial.id, "rationalisation_id": (await made(session, change)).id}
