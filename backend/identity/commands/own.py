"""What everybody may do about themselves: language, theme, password, their own devices."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import N_, Invalid, NotFound, TooMany
from backend.core.ratelimit import RateLimits
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.commands.signing import ACCOUNT_LIMIT
from backend.identity.models import Person
from backend.identity.passwords import check_strength, hash_password, verify_password
from backend.identity.scoping import get_visible
from backend.identity.sessions import revoke

LOCALES = ("zh_CN", "en")
THEMES = ("auto", "light", "dark", "contrast")


async def choose_locale(session: AsyncSession, actor: Actor, locale: str) -> None:
    """Show pages in ``locale``; "" follows the phone. Raises Invalid for another."""
    await _choose(session, actor, "locale", locale, ("", *LOCALES))


async def choose_theme(session: AsyncSession, actor: Actor, theme: str) -> None:
    """Show pages in ``theme``. Raises Invalid for one that doesn't exist."""
    await _choose(session, actor, "theme", theme, THEMES)


async def _choose(session: AsyncSession, actor: Actor, field: str, value: str, offered: tuple[str, ...]) -> None:
    if value not in offered:
        raise Invalid(fields={field: N_("请从列出的选项中选择")})
    me = await get_visible(session, actor, Person, actor.person_id, lock=True)
    before = getattr(me, field)
    if before == value:
        return
    setattr(me, field, value)
    await record_change(session, actor, "person.preferences", "person", me.id, {field: [before, value]})


async def change_password(session: AsyncSession, limits: RateLimits, actor: Actor, old: str, new: str) -> None:
    """Take ``new`` instead of ``old`` and end the person's other sign-ins.

    Raises Invalid beside ``old`` or ``new``, TooMany after ten wrong old ones in 15 minutes.
    """
    me = await get_visible(session, actor, Person, actor.person_id, lock=True)
    if await limits.exhausted(ACCOUNT_LIMIT, "password", "account", me.account):
        raise TooMany(N_("尝试次数过多，请 15 分钟后再试，或请管理员重置密码"))
    if not await verify_password(old, me.password_hash):
        await limits.count(ACCOUNT_LIMIT, "password", "account", me.account)
        raise Invalid(fields={"old": N_("原密码不对")})
    if new == old:
        raise Invalid(fields={"new": N_("新密码不能与原密码相同")})
    check_strength(new, me.account, field="new")
    me.password_hash = await hash_password(new)
    me.must_change_password = False
    ended = await revoke(session, me.id, keep=actor.session_id)
    await record_change(session, actor, "person.change_password", "person", me.id, {"ended_sign_ins": [None, ended]})


async def end_own_sign_in(session: AsyncSession, actor: Actor, session_id: int) -> None:
    """End one of the actor's own sign-ins, e.g. of a lost phone. Raises NotFound for anybody else's."""
    if not await revoke(session, actor.person_id, session_id=session_id):
        raise NotFound()
    await record_change(session, actor, "person.end_sign_in", "person", actor.person_id)


async def end_other_sign_ins(session: AsyncSession, actor: Actor) -> int:
    """End all of the actor's sign-ins but the one that asks. Gives how many ended."""
    ended = await revoke(session, actor.person_id, keep=actor.session_id)
    await record_change(
        session, actor, "person.end_sign_in", "person", actor.person_id, {"ended_sign_ins": [None, ended]}
    )
    return ended
