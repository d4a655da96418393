"""What an administrator decides: how long a kind is kept. What shortens waits a day and can be withdrawn until then."""

from datetime import timedelta

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid
from backend.core.events import record_event
from backend.core.i18n import translate
from backend.governance.retention.kinds import KINDS, shortens
from backend.governance.retention.models import Kind, RetentionRule
from backend.governance.retention.queries import standing_of
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.models import Person, Role
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible

GRACE = timedelta(hours=24)


async def set_rule(session: AsyncSession, actor: Actor, kind: Kind, days: int) -> RetentionRule:
    """Keep ``kind`` for ``days`` (0: for ever), as ``forms.read_days`` allows them.

    What shortens comes into force after a day, and administrators are told; what lengthens, at once. A change that
    still waits is replaced. Raises Forbidden, Invalid where it is kept so long already.
    """
    require(actor, "retention.manage")
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('retention:' || :site || :kind, 0))"),
        {"site": str(actor.site_id), "kind": kind},
    )
    before = await standing_of(session, actor, kind)
    if days == before.days and before.waiting is None:
        raise Invalid(fields={"days": N_("现在就是这个保留期")})
    if before.waiting is not None:
        before.waiting.withdrawn_at, before.waiting.withdrawn_by = now(), actor.person_id
    waits = shortens(before.days, days)
    newest = await session.scalar(
        select(func.max(col(RetentionRule.version))).where(
            visible(actor, RetentionRule), col(RetentionRule.kind) == kind
        )
    )
    rule = RetentionRule(
        site_id=actor.site_id,
        kind=kind,
        version=(newest or 0) + 1,
        keep_days=days,
        effective_at=now() + GRACE if waits else now(),
        set_by=actor.person_id,
    )
    session.add(rule)
    await session.flush()
    change = {kind: [before.days, days], "effective_at": [None, rule.effective_at.isoformat()]}
    await record_change(session, actor, "retention.set", "retention_rule", rule.id, change)
    if waits:
        await _tell(session, actor, rule)
    return rule


async def withdraw(session: AsyncSession, actor: Actor, rule_id: int) -> None:
    """Take back a change that waits. Raises Forbidden, NotFound, Conflict once it is in force or withdrawn."""
    require(actor, "retention.manage")
    rule = await get_visible(session, actor, RetentionRule, rule_id, lock=True)
    if rule.withdrawn_at is not None or rule.effective_at <= now():
        raise Conflict(N_("这次更改已经生效或已撤销"))
    rule.withdrawn_at, rule.withdrawn_by = now(), actor.person_id
    await record_change(
        session, actor, "retention.withdraw", "retention_rule", rule.id, {rule.kind: [rule.keep_days, None]}
    )


async def _tell(session: AsyncSession, actor: Actor, rule: RetentionRule) -> None:
    admins = await session.scalars(
        select(col(Person.id)).where(visible(actor, Person), col(Person.role) == Role.ADMIN, col(Person.active))
    )
    words = N_("%(name)s将只保留 %(days)s 天，24 小时内可以撤销")
    name = KINDS[Kind(rule.kind)].name
    told = {
        locale: translate(locale, words, name=translate(locale, name), days=rule.keep_days)
        for locale in ("zh_CN", "en")
    }
    await record_event(
        session,
        site_id=actor.site_id,
        kind="retention.shortened",
        subject="retention",
        subject_id=rule.id,
        actor_id=actor.person_id,
        data={"title_zh": told["zh_CN"], "title_en": told["en"], "url": "/data-retention", "told": list(admins)},
    )
