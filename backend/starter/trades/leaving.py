"""A trade pack taken out of a site, in one go, and put back.

What it brought goes out of use: its machines with their points and links, areas in which nothing is left, its rounds,
its risk points. Nothing is deleted: records, labels and histories stay to be read. Posts, teams, courses, incident
plans and causes stay in use, since people and other packs may lean on them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.commands.planning import stop_plan
from backend.checkins.models import InspectionPlan
from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid, NotFound
from backend.core.statements import among
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, system_query, visible
from backend.plant.editing.commands.things import retire_together
from backend.plant.editing.commands.undoing import undo_batch
from backend.plant.editing.queries import is_taken_back
from backend.plant.history import new_batch
from backend.plant.models import Area, Equipment, InstalledPack, Point, PointStatus
from backend.risks.commands.points import restore_point, retire_point
from backend.risks.models import RiskPoint
from backend.starter.trades.pack import TradePack, trade_pack

LONGEST_WHY = 200
_LOCK = 0x616E7470
OUT = "out"
"""Key of ``InstalledPack.details`` under which stands how it was taken out."""


@dataclass(frozen=True)
class Leaving:
    """What is in use of a pack, and goes with it."""

    equipment: Sequence[Equipment]
    points: int
    areas: Sequence[Area]
    rounds: Sequence[InspectionPlan]
    risks: Sequence[RiskPoint]

    @property
    def counts(self) -> dict[str, int]:
        """By the keys of ``wording.PARTS``."""
        found = {"equipment": self.equipment, "areas": self.areas, "rounds": self.rounds, "risks": self.risks}
        return {"points": self.points} | {key: len(rows) for key, rows in found.items()}


async def what_leaves(session: AsyncSession, actor: Actor, pack: TradePack) -> Leaving:
    """What of ``pack`` is in use now; machines of a kind that another pack of the site has too are that one's."""
    kinds = {kind.code for kind in pack.equipment} - await _kinds_of_others(session, actor, pack)
    in_use = select(Equipment).where(visible(actor, Equipment), col(Equipment.retired_at).is_(None))
    standing = (await session.scalars(in_use.order_by(col(Equipment.id)))).all()
    machines = [one for one in standing if one.code.rpartition("-")[0] in kinds]
    ids = {one.id for one in machines}
    filled = {one.area_id for one in standing if one.id not in ids}
    areas = await _in_use(session, actor, Area, [one.code for one in pack.areas])
    points = await session.scalars(
        select(col(Point.id)).where(
            visible(actor, Point), col(Point.status) == PointStatus.ACTIVE, among(col(Point.equipment_id), ids)
        )
    )
    names = [one.name for one in pack.rounds]
    rounds = await session.scalars(
        select(InspectionPlan).where(
            visible(actor, InspectionPlan), col(InspectionPlan.name).in_(names), col(InspectionPlan.active).is_(True)
        )
    )
    return Leaving(
        machines,
        len(points.all()),
        [area for area in areas if area.id not in filled],
        rounds.all(),
        await _in_use(session, actor, RiskPoint, [one.code for one in pack.risk_points]),
    )


async def take_out(session: AsyncSession, actor: Actor, pack: TradePack, why: str) -> Leaving:
    """Take ``pack`` out of use; gives what went. Raises Forbidden, NotFound where it isn't installed, Conflict where it
    is out already, Invalid without why."""
    require(actor, "setup.do")
    await one_at_a_time(session, actor)
    installed = await _installed(session, actor, pack)
    if OUT in installed.details:
        raise Conflict(N_("这个模板已经退出"))
    why = why.strip()
    if not 0 < len(why) <= LONGEST_WHY:
        raise Invalid(fields={"why": N_("请写明原因，最多 200 个字")})
    going = await what_leaves(session, actor, pack)
    things = [*going.equipment, *going.areas]
    batch = new_batch() if things else ""
    if things:
        await retire_together(session, actor, things, batch=batch)
    for plan in going.rounds:
        await stop_plan(session, actor, plan.id)
    for risk in going.risks:
        await retire_point(session, actor, risk.id, why)
    out = {"batch": batch, "at": now().isoformat(), "by": actor.person_id, "why": why}
    installed.details = {**installed.details, OUT: out | {"risks": [risk.id for risk in going.risks]}}
    await record_change(session, actor, "setup.take_out", "installed_pack", installed.id, {"reason": [None, why]})
    return going


async def put_back(session: AsyncSession, actor: Actor, pack: TradePack) -> None:
    """Take it into use again as it was; its rounds rest until somebody starts them. Raises Forbidden, NotFound,
    Conflict where it isn't out, or where something of it has been changed since: then nothing is put back."""
    require(actor, "setup.do")
    await one_at_a_time(session, actor)
    installed = await _installed(session, actor, pack)
    if OUT not in installed.details:
        raise Conflict(N_("这个模板没有退出"))
    out = installed.details[OUT]
    if out["batch"] and not await is_taken_back(session, actor, out["batch"]):
        await undo_batch(session, actor, out["batch"])
    for risk_id in out["risks"]:
        await restore_point(session, actor, risk_id)
    installed.details = {key: value for key, value in installed.details.items() if key != OUT}
    change = {"reason": [out["why"], None]}
    await record_change(session, actor, "setup.put_back", "installed_pack", installed.id, change)


@system_query("a lock, no row of a site")
async def one_at_a_time(session: AsyncSession, actor: Actor) -> None:
    """Until the transaction ends, nobody else installs a pack at the site, takes one out or puts one back."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:lock, :site)"), {"lock": _LOCK, "site": actor.site_id})


async def check_in_use(session: AsyncSession, actor: Actor, pack: TradePack) -> None:
    """Raise Conflict while ``pack`` is taken out: what it brought is there already, and only has to be put back."""
    found = (await session.scalars(_of(actor, pack))).one_or_none()
    if found is not None and OUT in found.details:
        raise Conflict(N_("这个模板已经退出，请先放回"))


async def _installed(session: AsyncSession, actor: Actor, pack: TradePack) -> InstalledPack:
    found: InstalledPack | None = (await session.scalars(_of(actor, pack).with_for_update())).one_or_none()
    if found is None:
        raise NotFound()
    return found


def _of(actor: Actor, pack: TradePack) -> Select[Any]:
    return select(InstalledPack).where(visible(actor, InstalledPack), col(InstalledPack.code) == pack.code)


async def _kinds_of_others(session: AsyncSession, actor: Actor, pack: TradePack) -> set[str]:
    installed = await session.scalars(select(InstalledPack).where(visible(actor, InstalledPack)))
    others = (trade_pack(one.code) for one in installed if one.code != pack.code and OUT not in one.details)
    return {kind.code for other in others if other for kind in other.equipment}


async def _in_use(session: AsyncSession, actor: Actor, model: type[Any], codes: Sequence[str]) -> Sequence[Any]:
    wanted = select(model).where(visible(actor, model), model.retired_at.is_(None), model.code.in_(codes))
    return (await session.scalars(wanted.order_by(model.id))).all()
