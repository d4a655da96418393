"""What people do with labels: give things one, replace it by another, revoke it."""

from collections.abc import Sequence

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as insert_or_not
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid
from backend.core.events import record_event
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.models import AuditEntry
from backend.identity.permissions import require, system_query
from backend.identity.scoping import get_visible
from backend.labels.codes import new_code, new_name
from backend.labels.models import Label
from backend.labels.queries import Kind, Thing, live_label
from backend.plant.models import Area, Equipment

LONGEST_REASON = 120
_TRIES = 8
"""A short code is taken already once in 6.4 million divided by the labels of the site."""


async def make_labels(session: AsyncSession, actor: Actor, things: Sequence[Thing]) -> int:
    """Give each of ``things`` that has none a label; gives how many were made. Two people at once make one."""
    require(actor, "plant.edit")
    made = 0
    for thing in things:
        if thing.label is not None:
            continue
        label_id = await _insert(session, actor.site_id, thing.kind, thing.id, actor.person_id)
        if label_id is not None:
            made += 1
            await record_change(session, actor, "label.make", thing.kind, thing.id, {"label": [None, label_id]})
    return made


@system_query("the console prints the labels of a whole site and has no account")
async def make_labels_at_console(session: AsyncSession, site_id: int, things: Sequence[Thing]) -> int:
    """The same for ``ansu labels``: the audit entries have no actor."""
    made = 0
    for thing in things:
        label_id = None if thing.label else await _insert(session, site_id, thing.kind, thing.id, None)
        if label_id is not None:
            made += 1
            noted = {"action": "label.make", "object_type": thing.kind, "object_id": thing.id}
            await session.execute(
                insert(AuditEntry).values(site_id=site_id, change={"label": [None, label_id]}, **noted)
            )
    return made


async def replace_label(session: AsyncSession, actor: Actor, kind: Kind, id_: int, reason: str) -> Label:
    """Give the thing a new label and revoke the one it had; the old sheet of paper proves nothing from now on.

    Raises Invalid without a reason, NotFound for a thing that the actor may not see.
    """
    require(actor, "plant.edit")
    thing = await _held(session, actor, kind, id_)
    reason = _checked(reason)
    old = await live_label(session, actor, kind, id_)
    if old is not None:
        await _revoke(session, actor, old, reason)
    label_id = await _insert(session, actor.site_id, kind, id_, actor.person_id)
    if label_id is None:
        raise Conflict(N_("刚有人为它制作了新标签"))
    change = {"label": [old.id if old else None, label_id], "reason": ["", reason]}
    await record_change(session, actor, "label.replace", kind, id_, change)
    await _tell(session, actor, "label.replaced", kind, thing, f"{thing.name}换了新标签，旧标签作废", "has a new label")
    return await get_visible(session, actor, Label, label_id)


async def revoke_label(session: AsyncSession, actor: Actor, kind: Kind, id_: int, reason: str) -> None:
    """Take the thing's label back without a new one. Raises Conflict when it has none, Invalid without a reason."""
    require(actor, "plant.edit")
    thing = await _held(session, actor, kind, id_)
    reason = _checked(reason)
    old = await live_label(session, actor, kind, id_)
    if old is None:
        raise Conflict(N_("它现在没有标签"))
    await _revoke(session, actor, old, reason)
    change = {"label": [old.id, None], "reason": ["", reason]}
    await record_change(session, actor, "label.revoke", kind, id_, change)
    await _tell(session, actor, "label.revoked", kind, thing, f"{thing.name}的标签作废", "has lost its label")


async def _held(session: AsyncSession, actor: Actor, kind: Kind, id_: int) -> Equipment | Area:
    """The thing, locked: two people who replace its label do so one after the other."""
    if kind is Kind.EQUIPMENT:
        return await get_visible(session, actor, Equipment, id_, lock=True)
    return await get_visible(session, actor, Area, id_, lock=True)


def _checked(reason: str) -> str:
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid(fields={"reason": N_("请写明原因，例如“破损”“丢失”")})
    if len(reason) > LONGEST_REASON:
        raise Invalid(fields={"reason": N_("原因太长，请控制在 120 个字以内")})
    return reason


async def _revoke(session: AsyncSession, actor: Actor, label: Label, reason: str) -> None:
    label.revoked_at, label.revoked_by, label.revoked_reason = now(), actor.person_id, reason
    await session.flush()


async def _insert(session: AsyncSession, site_id: int, kind: Kind, id_: int, made_by: int | None) -> int | None:
    """A new label for the thing; None when it has a live one, made meanwhile. A code that is taken is drawn anew."""
    target = {"equipment_id" if kind is Kind.EQUIPMENT else "area_id": id_}
    for _ in range(_TRIES):
        statement = (
            insert_or_not(Label)
            .values(
                site_id=site_id, token_name=new_name(), code=new_code(), made_by=made_by, revoked_reason="", **target
            )
            .on_conflict_do_nothing()
            .returning(Label.__table__.c.id)  # type: ignore[attr-defined]
        )
        label_id: int | None = (await session.execute(statement)).scalar_one_or_none()
        if label_id is not None:
            return label_id
    return None


async def _tell(
    session: AsyncSession, actor: Actor, kind: str, of: Kind, thing: Equipment | Area, title: str, words: str
) -> None:
    await record_event(
        session,
        site_id=actor.site_id,
        kind=kind,
        subject=of,
        subject_id=thing.id,
        actor_id=actor.person_id,
        data={
            "title_zh": title,
            "title_en": f"{thing.name_en or thing.name} {words}",
            "url": f"/equipment/{thing.id}" if of is Kind.EQUIPMENT else f"/areas/{thing.id}",
        },
    )
