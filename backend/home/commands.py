"""Arranging first pages: an administrator by role, each version kept; people their own."""

from collections.abc import Sequence

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid, NotFound
from backend.core.events import record_event
from backend.home.catalogue import CATALOGUE
from backend.home.layout import Arrangement, Layout, moved, optional, ordered
from backend.home.models import HomeArrangement, HomeLayout
from backend.home.queries.layouts import layout_numbered, layouts, own_row
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.models import Person, Role
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible

LONGEST_WHY = 500


async def save_layout(
    session: AsyncSession,
    actor: Actor,
    role: Role,
    cards: Sequence[str],
    why: str,
    *,
    free: bool,
    seen: int | None = None,
) -> HomeLayout:
    """Let ``role`` have these optional cards in this order from now on; ``seen``: the version that was changed.

    Raises Forbidden, Invalid by field, Conflict when somebody else saved a version meanwhile.
    """
    require(actor, "dashboards.arrange")
    wrong: dict[str, str] = {}
    if [code for code in cards if code not in CATALOGUE]:
        wrong["cards"] = N_("有的卡片已经没有了，请刷新页面")
    if not 0 < len(why.strip()) <= LONGEST_WHY:
        wrong["why"] = N_("请写明为什么改")
    if wrong:
        raise Invalid(fields=wrong)
    return await _keep(session, actor, role, Layout(tuple(optional(cards)), free), why.strip(), seen=seen)


async def restore_layout(session: AsyncSession, actor: Actor, role: Role, number: int) -> HomeLayout:
    """Go back to a version; 0 is the one that AnSu comes with. It becomes the newest; the others stay.

    Raises Forbidden, NotFound for a version that the role doesn't have, Conflict when nothing would change.
    """
    require(actor, "dashboards.arrange")
    former = await layout_numbered(session, actor, role, number)
    if former is None:
        raise NotFound()
    return await _keep(session, actor, role, former, "", taken_from=number)


async def arrange_own(session: AsyncSession, actor: Actor, layout: Layout, move: str) -> None:
    """Change the actor's own page by a tap: ``up:code``, ``down:code``, ``drop:code`` to hide, ``add:code`` to show.

    Raises Conflict where the role's layout leaves nothing to arrange.
    """
    if not layout.free:
        raise Conflict(N_("本厂统一了这个角色的首页，不能自己调整"))
    await get_visible(session, actor, Person, actor.person_id, lock=True)  # two taps at once make one row
    row = await own_row(session, actor)
    before = Arrangement(tuple(row.order), frozenset(row.hidden)) if row else Arrangement()
    verb, _, code = move.partition(":")
    listed = ordered(layout, before)
    if code not in listed:
        return
    hidden = {"drop": before.hidden | {code}, "add": before.hidden - {code}}.get(verb, before.hidden)
    order = moved(listed, move) if verb in {"up", "down"} else listed
    if row is None:
        row = HomeArrangement(site_id=actor.site_id, person_id=actor.person_id)
        session.add(row)
    row.order, row.hidden, row.changed_at = order, sorted(hidden), now()
    await session.flush()
    changes = {"order": [listed, order], "hidden": [sorted(before.hidden), row.hidden]}
    change = {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
    if change:
        await record_change(session, actor, "dashboard.own", "home_arrangement", row.id, change)


async def reset_own(session: AsyncSession, actor: Actor) -> None:
    """Go back to the role's page. Without an own one nothing changes."""
    row = await own_row(session, actor)
    if row is None:
        return
    await record_change(
        session,
        actor,
        "dashboard.own",
        "home_arrangement",
        row.id,
        {"order": [row.order, []], "hidden": [row.hidden, []]},
    )
    await session.delete(row)
    await session.flush()


async def _keep(
    session: AsyncSession,
    actor: Actor,
    role: Role,
    wanted: Layout,
    why: str,
    *,
    seen: int | None = None,
    taken_from: int | None = None,
) -> HomeLayout:
    await session.execute(text("SELECT pg_advisory_xact_lock(47, CAST(:site AS int))"), {"site": actor.site_id})
    before = (await layouts(session, actor))[role]
    if seen is not None and seen != before.number:
        raise Conflict(N_("刚才有人更新了这个首页，请查看最新的布置后再修改"))
    if (before.cards, before.free) == (wanted.cards, wanted.free):
        raise Conflict(N_("和现在的布置一样，没有保存"))
    newest = select(func.max(col(HomeLayout.number))).where(visible(actor, HomeLayout), col(HomeLayout.role) == role)
    made = HomeLayout(
        site_id=actor.site_id,
        role=role,
        number=(await session.scalar(newest) or 0) + 1,
        cards=list(wanted.cards),
        free=wanted.free,
        made_by=actor.person_id,
        why=why,
        taken_from=taken_from,
    )
    session.add(made)
    await session.flush()
    change = {"role": [None, role], "cards": [list(before.cards), made.cards], "free": [before.free, made.free]}
    deed = "dashboard.save" if taken_from is None else "dashboard.restore"
    await record_change(session, actor, deed, "home_layout", made.id, change)
    await record_event(
        session,
        site_id=actor.site_id,
        kind="dashboard.saved",
        subject="dashboard",
        subject_id=made.id,
        data={"role": role, "number": made.number},
    )
    return made
