"""Waking phones: each event that names people becomes one push a phone, which a job hands over."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_
from backend.core.events import Entry, take_settled
from backend.core.i18n import translate
from backend.core.jobs import MAX_ATTEMPTS, JobContext, enqueue
from backend.delivery.models import PushState
from backend.delivery.push_message import message_of
from backend.delivery.push_service import Answer, push
from backend.delivery.quiet import wakes

PUSH_JOB = "delivery.push"
PUSH_TEST_JOB = "delivery.push_test"
NO_NEWS_AFTER = timedelta(hours=1)
"""Older events wake nobody: a worker that was away for a night doesn't ring it out in the morning."""

_PHONES = """
SELECT s.id, s.person_id, si.time_zone,
    COALESCE((SELECT jsonb_object_agg(q.level, jsonb_build_array(q.starts, q.ends)) FROM quiet_hours q
              WHERE q.person_id = s.person_id AND q.site_id = s.site_id), '{}') AS quiet
FROM push_subscription s
JOIN site si ON si.id = s.site_id
JOIN person p ON p.id = s.person_id AND p.site_id = s.site_id AND p.active
JOIN login_session l ON l.id = s.session_id AND l.person_id = p.id AND l.revoked_at IS NULL AND l.expires_at > now()
WHERE s.site_id = :site AND s.person_id = ANY(CAST(:people AS bigint[]))
ORDER BY s.id
"""
_INTEND = """
INSERT INTO delivery(site_id, event_id, person_id, channel, addressed, state)
VALUES (:site, :event, :person, :channel, true, :state)
ON CONFLICT (event_id, person_id, channel) DO NOTHING RETURNING id
"""
_DUE = """
SELECT e.id AS event_id, e.story, e.level, e.data, s.id AS subscription_id, s.endpoint, s.p256dh, s.auth,
    COALESCE(NULLIF(p.locale, ''), NULLIF(s.locale, ''), 'zh_CN') AS locale
FROM delivery d JOIN event e ON e.id = d.event_id JOIN person p ON p.id = d.person_id
LEFT JOIN push_subscription s ON d.channel = 'push:' || s.id AND s.site_id = d.site_id AND s.person_id = d.person_id
LEFT JOIN login_session l ON l.id = s.session_id
WHERE d.id = :id AND d.state = 'queued' AND (s.id IS NULL OR (l.revoked_at IS NULL AND l.expires_at > now()))
FOR UPDATE OF d
"""


async def intend_pushes(session: AsyncSession) -> int:
    """Write down each push that new events ask for, and queue it; the reader's place moves in the same transaction.

    So each is intended once, whatever dies meanwhile. Called by the worker; gives how many were queued.
    """
    events = await take_settled(session, "push")
    fresh = [e for e in events if e.data.get("told") and e.at > now() - NO_NEWS_AFTER]
    return sum([await _intend(session, event) for event in fresh])


async def _intend(session: AsyncSession, event: Entry) -> int:
    queued = 0
    phones = await session.execute(text(_PHONES), {"site": event.site_id, "people": event.data["told"]})
    for phone in phones.mappings().all():
        quiet = {level: (span[0], span[1]) for level, span in phone["quiet"].items()}
        woken = wakes(event.level, now(), ZoneInfo(phone["time_zone"]), quiet)
        made = await session.execute(
            text(_INTEND),
            {
                "site": event.site_id,
                "event": event.id,
                "person": phone["person_id"],
                "channel": f"push:{phone['id']}",
                "state": PushState.QUEUED if woken else PushState.HELD,
            },
        )
        delivery = made.scalar_one_or_none()
        if delivery is not None and woken:
            await enqueue(session, PUSH_JOB, {"delivery_id": delivery}, site_id=event.site_id)
            queued += 1
    return queued


_TEST = N_("测试提醒：息屏提醒已经可用")


class NotTaken(Exception):
    """The push service couldn't take it now; the job comes again later."""


async def send_push(context: JobContext) -> None:
    """Hand one intended push over. Raises NotTaken while there are attempts left; the last one gives up quietly,
    since the ladder's next rung doesn't wait for it."""
    session, delivery = context.session, int(context.payload["delivery_id"])
    due = (await session.execute(text(_DUE), {"id": delivery})).mappings().one_or_none()
    if due is None or due["endpoint"] is None:
        await _settle(session, context.site_id, delivery, PushState.GONE)
        return
    message = message_of(due["event_id"], due["story"], due["level"], due["data"], due["locale"])
    answer = await push(due["endpoint"], due["p256dh"], due["auth"], message)
    if answer is Answer.LATER and context.attempt < MAX_ATTEMPTS:
        raise NotTaken(due["subscription_id"])
    await _note(session, context.site_id, due["subscription_id"], answer)
    await _settle(session, context.site_id, delivery, _STATES[answer])


_STATES = {
    Answer.TAKEN: PushState.SENT,
    Answer.GONE: PushState.GONE,
    Answer.LATER: PushState.FAILED,
    Answer.REFUSED: PushState.FAILED,
}


async def _settle(session: AsyncSession, site_id: int | None, delivery: int, state: PushState) -> None:
    await session.execute(
        text(
            "UPDATE delivery SET state = CAST(:state AS text), "
            "sent_at = CASE WHEN CAST(:state AS text) = 'sent' THEN now() END "
            "WHERE id = :id AND site_id = :site AND state = 'queued'"
        ),
        {"id": delivery, "state": state, "site": site_id},
    )


async def _note(session: AsyncSession, site_id: int | None, subscription: int, answer: Answer) -> None:
    """Forget a subscription that has ended; remember when one was last woken."""
    if answer is Answer.GONE:
        ended = "DELETE FROM push_subscription WHERE id = :id AND site_id = :site"
        await session.execute(text(ended), {"id": subscription, "site": site_id})
    elif answer is Answer.TAKEN:
        woken = "UPDATE push_subscription SET last_sent_at = now() WHERE id = :id AND site_id = :site"
        await session.execute(text(woken), {"id": subscription, "site": site_id})


async def send_test_push(context: JobContext) -> None:
    """Wake a person's phones once, because they asked to see whether it works. Not repeated."""
    session = context.session
    phones = await session.execute(
        text(
            "SELECT s.id, s.endpoint, s.p256dh, s.auth, "
            "COALESCE(NULLIF(p.locale, ''), NULLIF(s.locale, ''), 'zh_CN') AS locale "
            "FROM push_subscription s JOIN person p ON p.id = s.person_id "
            "WHERE s.site_id = :site AND s.person_id = :person"
        ),
        {"site": context.site_id, "person": int(context.payload["person_id"])},
    )
    for phone in phones.mappings().all():
        title = translate(phone["locale"], _TEST)
        told = {"title_zh": title, "title_en": title, "url": "/me/notices"}
        message = replace(message_of(0, "test", "", told, phone["locale"]), ttl_s=60, urgency="high")
        answer = await push(phone["endpoint"], phone["p256dh"], phone["auth"], message)
        await _note(session, context.site_id, phone["id"], answer)
