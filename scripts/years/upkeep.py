"""Maintenance: one plan a piece of equipment, its record each time it was due, and the open one."""

from datetime import date, timedelta
from typing import Any

from backend.maintenance.models import MaintenanceKind, MaintenancePlan, MaintenancePlanVersion, MaintenanceRecord
from backend.maintenance.schedule import Terms
from scripts.years.effects import KEPT_LATE, WEAK_CLASS, WEAK_LATE
from scripts.years.ledger import Ledger
from scripts.years.people import Crew
from scripts.years.plant import Plant
from scripts.years.rhythm import Span

_WORK = (
    (MaintenanceKind.LUBRICATION, "润滑保养", 30),
    (MaintenanceKind.SERVICE, "一级保养", 60),
    (MaintenanceKind.CALIBRATION, "仪表校验", 90),
    (MaintenanceKind.SERVICE, "二级保养", 180),
)


async def maintain(ledger: Ledger, span: Span, plant: Plant, crew: Crew) -> dict[int, int]:
    """Write the plans with their only version, and the records; gives the plan of each piece of equipment."""
    await ledger.open(MaintenancePlan)
    dice = span.dice("upkeep")
    begins, today = span.local(span.since).date(), span.local(span.until).date()
    plans, versions, records = [], [], []
    for number, unit in enumerate(plant.units):
        kind, words, days = _WORK[number % len(_WORK)]
        plan, since = ledger.id(MaintenancePlan), begins + timedelta(days=dice.randrange(days))
        post = unit.area.post
        terms = Terms(words, kind, since, days, post)
        plans.append((plan, unit.id, words, kind, days, since, post, True, span.since))
        versions.append((plan, 1, terms.stored() | {"active": True}, "随厂建立", span.since))
        late = WEAK_LATE if unit.kind == WEAK_CLASS else KEPT_LATE
        of = (unit.id, plan, post, words)
        last = since
        while True:
            due = last + timedelta(days=days)
            by = dice.randrange(2, 40) if dice.random() < late else -dice.randrange(0, 5)
            done = due + timedelta(days=by)
            if done >= today:
                records.append(_record(of, due, last, None, None))
                break
            records.append(_record(of, due, last, done, dice.choice(crew.held_by.get(post) or crew.officers)))
            last = done
    columns = ("id", "equipment_id", "name", "kind", "interval_days", "since", "post_id", "sample", "created_at")
    await ledger.copy(MaintenancePlan, columns, plans)
    await ledger.copy(MaintenancePlanVersion, ("plan_id", "number", "terms", "why", "created_at"), versions)
    columns = ("equipment_id", "plan_id", "post_id", "summary", "due_on", "asked_on", "done_on", "done_by", "sample")
    await ledger.copy(MaintenanceRecord, columns, records)
    return {row[1]: row[0] for row in plans}


def _record(of: tuple[int, int, int, str], due: date, asked: date, done: date | None, by: int | None) -> Any:
    return (*of, due, asked, done, by, True)
