"""Plans and ticks for programs, with the permissions of the pages."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Form
from pydantic import BaseModel

from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.forms import SaidForm, Short
from backend.incidents.response.commands import tick_step
from backend.incidents.response.queries.plans import Ticked, checklist

router = APIRouter(prefix="/api/v1/incidents/{incident_id}/plan", tags=["incidents"])


class StepOut(BaseModel):
    """A step of the plan. ``state``: done, not_needed, taken_back; null: nobody ticked it. ``at``: by the phone."""

    key: str
    text: str
    text_en: str
    who: str
    basis: str
    post_id: int | None
    state: str | None
    by: str | None
    at: datetime | None
    received_at: datetime | None


class ChecklistOut(BaseModel):
    """The plan of an incident's kind; ``version`` 0: the usual one."""

    kind: str
    version: int
    settled: int
    steps: list[StepOut]


@router.get("", dependencies=[allow("incidents.see")])
async def read_checklist(session: SessionDep, actor: ActorDep, incident_id: int) -> ChecklistOut:
    """What is to be done, and what is done."""
    return await _checklist(session, actor, incident_id)


@router.post("/ticks", dependencies=[allow("incidents.report")], status_code=201)
async def tick(
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    said: Annotated[SaidForm, Depends()],
    step: Annotated[str, Form(max_length=60)] = "",
    state: Short = "",
) -> ChecklistOut:
    """Tick a step, as multipart form; a repeated ``Idempotency-Key`` ticks nothing anew."""
    await tick_step(session, actor, incident_id, step, state, await said.read())
    return await _checklist(session, actor, incident_id)


async def _checklist(session: SessionDep, actor: ActorDep, incident_id: int) -> ChecklistOut:
    found = await checklist(session, actor, incident_id)
    return ChecklistOut(
        kind=found.plan.kind,
        version=found.plan.version,
        settled=found.settled,
        steps=[
            StepOut(
                key=step.key,
                text=step.text,
                text_en=step.text_en,
                who=step.who,
                basis=step.basis,
                post_id=step.post_id,
                **_ticked(ticked),
            )
            for step, ticked in found.items
        ],
    )


def _ticked(ticked: Ticked | None) -> dict[str, str | datetime | None]:
    if ticked is None:
        return dict.fromkeys(("state", "by", "at", "received_at"))
    person = ticked.person.name if ticked.person else None
    return {"state": ticked.tick.state, "by": person, "at": ticked.line.at, "received_at": ticked.line.received_at}
