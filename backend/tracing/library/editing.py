"""A site changes the cause library: each change is a version, checked whole before it is kept."""

from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import N_, Invalid, NotFound
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.tracing.library.catalogue import Edits, LibraryError, base_library, edited, edits_from, in_force
from backend.tracing.library.models import CauseLibrary
from backend.tracing.library.queries import library_versions

MOST_BYTES = 1_000_000
OFTENEST = 1000.0


async def set_frequency(
    session: AsyncSession, actor: Actor, class_key: str, mode_key: str, per_year: float
) -> CauseLibrary:
    """How often a failure mode happens on this site. Raises NotFound for no such mode, Invalid beside ``per_year``."""
    require(actor, "library.edit")
    key = f"{class_key}.{mode_key}"
    edits = await _present(session, actor)
    known = in_force(msgspec.to_builtins(edits))[0].mode(key)
    if known is None:
        raise NotFound()
    if not 0 < per_year <= OFTENEST:
        raise Invalid(fields={"per_year": N_("请填写大于 0、不超过 1000 的次数")})
    changed = msgspec.structs.replace(edits, per_year={**edits.per_year, key: per_year})
    return await _keep(session, actor, changed, {key: [known[1].per_year, per_year]}, "")


async def take_over(session: AsyncSession, actor: Actor, document: Any, note: str = "") -> CauseLibrary:
    """Put a site's edits in the place of those before: ``{"classes": […], "per_year": {…}}``.

    Raises Invalid beside ``file`` with every fault that was found.
    """
    require(actor, "library.edit")
    try:
        edits = edits_from(document if isinstance(document, dict) else {"": document})
        edited(base_library(), edits)
    except LibraryError as refused:
        told = "; ".join(str(refused).splitlines()[:8])
        raise Invalid(N_("原因库无法使用：%(faults)s"), fields={"file": N_("原因库无法使用")}, faults=told) from refused
    change = {"classes": [None, [one.key for one in edits.classes]], "per_year": [None, edits.per_year]}
    return await _keep(session, actor, edits, change, note)


async def _present(session: AsyncSession, actor: Actor) -> Edits:
    """The edits in force, none where they no longer fit; until the transaction ends nobody else changes them."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"cause_library:{actor.site_id}"}
    )
    newest = await library_versions(session, actor, 1)
    if not newest or in_force(newest[0].edits)[1]:
        return Edits()
    return edits_from(newest[0].edits)


async def _keep(session: AsyncSession, actor: Actor, edits: Edits, change: dict[str, Any], note: str) -> CauseLibrary:
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"cause_library:{actor.site_id}"}
    )
    newest = await library_versions(session, actor, 1)
    kept = CauseLibrary(
        site_id=actor.site_id,
        version=newest[0].version + 1 if newest else 1,
        edits=msgspec.to_builtins(edits),
        made_by=actor.person_id,
        note=note.strip(),
    )
    session.add(kept)
    await session.flush()
    await record_change(session, actor, "library.edit", "cause_library", kept.id, change)
    return kept
