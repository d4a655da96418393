"""Switching a site's modules off and on again."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import NotFound
from backend.core.events import record_event
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.models import Site
from backend.identity.modules import ABOUT, Module
from backend.identity.permissions import require


async def switch_module(session: AsyncSession, actor: Actor, name: str, *, on: bool) -> None:
    """Let the site have the module ``name``, or do without it from now on. Twice the same changes nothing.

    Raises NotFound for a module that doesn't exist.
    """
    require(actor, "modules.switch")
    if name not in set(Module):
        raise NotFound()
    site = await session.get_one(Site, actor.site_id, with_for_update=True)
    before = set(site.modules_off)
    after = before - {name} if on else before | {name}
    if after == before:
        return
    site.modules_off = sorted(after)
    await record_change(session, actor, "module.switch", "site", site.id, {name: [name not in before, on]})
    about = ABOUT[Module(name)]
    await record_event(
        session,
        site_id=site.id,
        kind="module.on" if on else "module.off",
        subject="module",
        subject_id=site.id,
        data={"module": name, "name": about.name},
    )
