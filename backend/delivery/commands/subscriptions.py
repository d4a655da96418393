"""A person's own phones that may be woken, and when not."""

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import N_, Conflict, Invalid
from backend.core.jobs import enqueue
from backend.core.settings import settings
from backend.delivery.commands.pushing import PUSH_TEST_JOB
from backend.delivery.models import PushSubscription, QuietHours
from backend.delivery.push_message import keys_are_sound, may_call
from backend.delivery.queries import push_subscriptions, quiet_hours
from backend.delivery.quiet import QUIETABLE, Span
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import visible
from backend.identity.scoping import get_visible

MOST_PHONES = 10


async def subscribe(session: AsyncSession, actor: Actor, endpoint: str, p256dh: str, auth: str, device: str) -> None:
    """Let this browser be woken for the actor. The same browser again, or of another person, is taken over.

    Raises Invalid for a push service that isn't among ``ANSU_PUSH_HOSTS``, Conflict beyond ten phones.
    """
    if not may_call(endpoint, settings().push_hosts) or not keys_are_sound(p256dh, auth):
        raise Invalid(fields={"endpoint": N_("这个浏览器的推送服务不受支持，请换用 Chrome、Edge、Safari 或 Firefox")})
    own = await push_subscriptions(session, actor)
    if len(own) >= MOST_PHONES and endpoint not in {one.endpoint for one in own}:
        raise Conflict(N_("最多 10 台设备可以收提醒，请先移除不用的设备"))
    added = await session.execute(
        text(
            "INSERT INTO push_subscription(site_id, person_id, session_id, endpoint, p256dh, auth, device, locale) "
            "VALUES (:site, :person, :session, :endpoint, :p256dh, :auth, :device, :locale) "
            "ON CONFLICT (endpoint) DO UPDATE SET site_id = EXCLUDED.site_id, person_id = EXCLUDED.person_id, "
            "session_id = EXCLUDED.session_id, p256dh = EXCLUDED.p256dh, auth = EXCLUDED.auth, "
            "device = EXCLUDED.device, locale = EXCLUDED.locale RETURNING id"
        ),
        {
            "site": actor.site_id,
            "person": actor.person_id,
            "session": actor.session_id,
            "endpoint": endpoint,
            "p256dh": p256dh,
            "auth": auth,
            "device": device,
            "locale": actor.locale,
        },
    )
    await record_change(session, actor, "push.subscribe", "push_subscription", added.scalar_one())


async def unsubscribe(session: AsyncSession, actor: Actor, subscription_id: int) -> None:
    """Wake that phone no more. Raises NotFound for anybody else's."""
    found = await get_visible(session, actor, PushSubscription, subscription_id, lock=True)
    await record_change(session, actor, "push.unsubscribe", "push_subscription", found.id)
    await session.delete(found)


async def ask_for_test(session: AsyncSession, actor: Actor) -> None:
    """Wake the actor's phones once."""
    await enqueue(
        session,
        PUSH_TEST_JOB,
        {"person_id": actor.person_id},
        site_id=actor.site_id,
        dedupe_key=f"person:{actor.person_id}",
    )


async def keep_quiet(session: AsyncSession, actor: Actor, spans: dict[str, Span | None]) -> None:
    """Take ``spans`` by level as the actor's quiet hours; None wakes at any hour. The highest level has none."""
    before = await quiet_hours(session, actor)
    wanted = {level: span for level, span in spans.items() if level in QUIETABLE and span is not None}
    if wanted == before:
        return
    await session.execute(delete(QuietHours).where(visible(actor, QuietHours)))
    for level, (starts, ends) in wanted.items():
        session.add(QuietHours(site_id=actor.site_id, person_id=actor.person_id, level=level, starts=starts, ends=ends))
    change = {"quiet_hours": [{k: list(v) for k, v in before.items()}, {k: list(v) for k, v in wanted.items()}]}
    await record_change(session, actor, "push.quiet_hours", "person", actor.person_id, change)
