"""Leading an incident: who is in charge, what it is, contained, closed, called off; what kind of accident it was."""

import enum
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid
from backend.core.idempotency import keep_result
from backend.hazards.accidents import Accident
from backend.hazards.plan import tidy
from backend.hazards.recording import Sent, first_id
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.identity.scoping import get_visible
from backend.incidents.lifecycle import LEVELS, Case, take
from backend.incidents.models import Deed, Incident, IncidentKind, IncidentState, Phase
from backend.incidents.queries.listing import leaders
from backend.incidents.queries.standing import hold_site
from backend.incidents.recording import MOST_LETTERS, Said, write_line
from backend.incidents.response.commands.evacuating import end_evacuation
from backend.incidents.response.queries.rolls import roll_of
from backend.incidents.telling import concerned, heard_before

_CHANGES = ("state", "kind", "phase", "level", "lead_id", "accident", "losses", "loss_yuan", "injured", "deaths")
MOST_PEOPLE = 10_000


@dataclass(frozen=True)
class Setting:
    """What an incident is, as a leader sees it. ``accident``: its type, "" not told; None leaves it as it is."""

    kind: str
    phase: str
    level: str
    accident: str | None = None


@dataclass(frozen=True)
class Ending:
    """What it cost: in words, direct loss in yuan, people hurt and killed. None: not known (yet).

    ``accident``: of which type it was, or of a near miss would have been; "" not told, None leaves it as it is.
    ``evacuation_over``: an evacuation that goes on ends with it, since everybody is accounted for.
    """

    losses: str = ""
    loss_yuan: Decimal | None = None
    injured: int | None = None
    deaths: int | None = None
    evacuation_over: bool = False
    accident: str | None = None


async def put_in_charge(
    session: AsyncSession, actor: Actor, incident_id: int, person_id: int | None, said: Said
) -> Incident:
    """Let ``person_id`` (None: the actor) be in charge (现场指挥) and call them. Raises NotFound, Conflict, Invalid."""
    wanted = actor.person_id if person_id is None else person_id

    async def check() -> None:
        if wanted not in {person.id for person in await leaders(session, actor)}:
            raise Invalid(fields={"lead_id": N_("请选择能担任现场指挥的人")})

    def change(incident: Incident) -> None:
        incident.lead_id = wanted

    step = _Step(Deed.LED, said, {"lead_id": wanted}, change, check)
    return await _take(session, actor, incident_id, step, told=_Told.LEAD)


async def set_facts(session: AsyncSession, actor: Actor, incident_id: int, facts: Setting, said: Said) -> Incident:
    """Correct kind, phase, level and accident type. Raises NotFound, Conflict, Invalid by field."""

    async def check() -> None:
        choices: dict[str, set[str]] = {"kind": {*IncidentKind}, "phase": {*Phase}, "level": {*LEVELS}}
        wrong = {name: N_("请选择") for name, known in choices.items() if getattr(facts, name) not in known}
        wrong |= _wrong_accident(facts.accident)
        if wrong:
            raise Invalid(fields=wrong)

    def change(incident: Incident) -> None:
        incident.kind, incident.phase, incident.level = facts.kind, facts.phase, facts.level
        incident.phase_basis = {}  # a person has said it
        _tell_accident(incident, facts.accident)

    return await _take(session, actor, incident_id, _Step(Deed.SET, said, vars(facts), change, check))


async def classify(session: AsyncSession, actor: Actor, incident_id: int, accident: str, said: Said) -> Incident:
    """Tell its accident type ("": not told), also after its end; nobody is called for it. Raises NotFound, Conflict of
    what was called off, Invalid."""

    async def check() -> None:
        if wrong := _wrong_accident(accident):
            raise Invalid(fields=wrong)

    def change(incident: Incident) -> None:
        _tell_accident(incident, accident)

    step = _Step(Deed.CLASSIFIED, said, {"accident": accident}, change, check)
    return await _take(session, actor, incident_id, step, told=_Told.NOBODY)


async def contain(session: AsyncSession, actor: Actor, incident_id: int, said: Said) -> Incident:
    """It spreads no further and harms nobody any more. Raises NotFound, Conflict."""

    def change(incident: Incident) -> None:
        incident.contained_at, incident.contained_by = said.at, actor.person_id

    return await _take(session, actor, incident_id, _Step(Deed.CONTAINED, said, {}, change))


async def close(session: AsyncSession, actor: Actor, incident_id: int, ending: Ending, said: Said) -> Incident:
    """It is over. 重大 needs another person than who said that it is contained. Raises NotFound, Conflict (also while
    somebody is missing in an evacuation), Forbidden, Invalid by field."""

    async def check() -> None:
        wrong = {
            name: N_("请填写 0 到 10000 的整数")
            for name in ("injured", "deaths")
            if (count := getattr(ending, name)) is not None and not 0 <= count <= MOST_PEOPLE
        }
        if len(tidy(ending.losses)) > MOST_LETTERS:
            wrong["losses"] = N_("内容太长，请精简")
        wrong |= _wrong_accident(ending.accident)
        if wrong:
            raise Invalid(fields=wrong)
        await _end_evacuation(session, actor, incident_id, said, over=ending.evacuation_over)

    def change(incident: Incident) -> None:
        incident.losses, incident.loss_yuan = tidy(ending.losses), ending.loss_yuan
        incident.injured, incident.deaths = ending.injured, ending.deaths
        _tell_accident(incident, ending.accident)
        _end(incident, actor)

    return await _take(session, actor, incident_id, _Step(Deed.CLOSED, said, vars(ending), change, check))


async def call_off(
    session: AsyncSession, actor: Actor, incident_id: int, said: Said, *, evacuation_over: bool = False
) -> Incident:
    """It was none (误报); the words say why. Raises NotFound, Conflict and Invalid as ``close`` does."""

    async def check() -> None:
        await _end_evacuation(session, actor, incident_id, said, over=evacuation_over)

    def change(incident: Incident) -> None:
        _end(incident, actor)

    return await _take(session, actor, incident_id, _Step(Deed.CALLED_OFF, said, {}, change, check))


def _wrong_accident(accident: str | None) -> dict[str, str]:
    return {"accident": N_("请选择事故类型")} if accident and accident not in set(Accident) else {}


def _tell_accident(incident: Incident, accident: str | None) -> None:
    if accident is not None:
        incident.accident = accident


def _end(incident: Incident, actor: Actor) -> None:
    incident.closed_at, incident.closed_by = now(), actor.person_id


async def _end_evacuation(session: AsyncSession, actor: Actor, incident_id: int, said: Said, *, over: bool) -> None:
    """Nothing is over while people are looked for. Raises Conflict while somebody is missing, Invalid unless it is said
    that an evacuation which goes on is ``over``; then ends it."""
    roll = await roll_of(session, actor, incident_id)
    if roll is None or not roll.open:
        return
    if roll.count.missing:
        words = N_("疏散还没结束，还有 %(n)s 人没到：先清点到人，或在疏散点名里写明原因并结束疏散")
        raise Conflict(words, n=roll.count.missing)
    if not over:
        raise Invalid(fields={"evacuation_over": N_("人已到齐，请勾选疏散已结束")})
    await end_evacuation(session, actor, roll.evacuation.id, Said(captured_at=said.captured_at))


async def _nothing() -> None:
    """Nothing to check besides the state."""


class _Told(enum.Enum):
    """Who hears of a step."""

    CONCERNED = enum.auto()
    LEAD = enum.auto()
    NOBODY = enum.auto()


@dataclass(frozen=True)
class _Step:
    """A step, what a person said with it, what tells its repeat from another request, what it changes, and what must
    hold besides the state."""

    deed: Deed
    said: Said
    request: dict[str, Any]
    change: Callable[[Incident], None]
    check: Callable[[], Awaitable[None]] = _nothing


async def _take(
    session: AsyncSession, actor: Actor, incident_id: int, step: _Step, *, told: _Told = _Told.CONCERNED
) -> Incident:
    """Lock, know a repeat, check, change, write down. The site is held, so that nothing joins what is being closed."""
    require(actor, "incidents.lead")
    await get_visible(session, actor, Incident, incident_id)
    await hold_site(session, actor.site_id)
    incident = await get_visible(session, actor, Incident, incident_id, lock=True)
    said, request = step.said, {"id": incident_id, "words": step.said.words, **step.request}
    if await first_id(session, actor, Sent(idempotency_key=said.idempotency_key), step.deed, request) is not None:
        return incident
    if said.version is not None and said.version != incident.version:
        raise Conflict(N_("刚才有人更新了这个事件，请查看最新情况后再操作"))
    case = Case(incident.state, incident.level, incident.contained_by)
    state = take(step.deed, case, actor.person_id, said.tidied)
    await step.check()
    before = _plain(incident)
    incident.state = state
    step.change(incident)
    incident.version += 1
    await session.flush()
    after = _plain(incident)
    changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    hear = await _hear(session, incident, changed, told)
    shown = {name: pair for name, pair in changed.items() if name != "state"}
    await write_line(session, incident, step.deed, said, person_id=actor.person_id, change=shown, told=hear)
    noted = {"note": [None, said.tidied]} if said.tidied else {}
    await record_change(session, actor, f"incident.{step.deed}", "incident", incident.id, {**changed, **noted})
    if said.idempotency_key:
        await keep_result(session, actor.person_id, said.idempotency_key, {"id": incident.id})
    return incident


async def _hear(session: AsyncSession, incident: Incident, changed: dict[str, Any], told: _Told) -> Iterable[int]:
    """Who has heard of it hears how it goes on; who is concerned only now that it is graver, too."""
    if told is _Told.NOBODY:
        return ()
    if told is _Told.LEAD and incident.lead_id:
        return [incident.lead_id]
    heard = await heard_before(session, incident)
    graver = "level" in changed and incident.state in (IncidentState.OPEN, IncidentState.CONTAINED)
    return heard | set(await concerned(session, incident)) if graver else heard


def _plain(incident: Incident) -> dict[str, Any]:
    values = {name: getattr(incident, name) for name in _CHANGES}
    return {name: str(value) if isinstance(value, str | Decimal) else value for name, value in values.items()}
