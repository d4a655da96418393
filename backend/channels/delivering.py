"""Makes one call: writes the message in its kind's form and hands it over, in a thread of its own pool.

The pool is ours alone: a place whose name isn't found holds a thread for half a minute, and others must not wait.
"""

import asyncio
import contextvars
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import structlog

from backend.channels import reporting
from backend.channels.answers import Answer, Outcome, Reason, refused, unreached
from backend.channels.calling import call as call_by_http
from backend.channels.calling import request_for
from backend.channels.kinds import ROBOTS, Kind, MessageKind
from backend.channels.leasing import Call
from backend.channels.letters import BRAND, Letter, news_letter, report_letter, try_letter
from backend.channels.mailing import Attachment, send, server_of
from backend.channels.rendering import mail_of, robot_body
from backend.channels.sealing import Sealed, unseal
from backend.channels.webhook import webhook_body
from backend.core.clock import now
from backend.core.errors import N_
from backend.incidents.review.blocks import Reader

log = structlog.get_logger()

AT_ONCE = 8


async def deliver(call: Call) -> Answer:
    """Make the call. Never raises for what the other side does, nor for a message that can't be made."""
    at, context = now().timestamp(), contextvars.copy_context()
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads(), context.run, _deliver, call, at)
    except Exception as error:  # whatever it is, the channel rests and is tried again
        log.exception("channel.call_failed", channel_id=call.channel_id, message_id=call.message_id)
        return unreached(Reason.OTHER, type(error).__name__)


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="channel")


def _deliver(call: Call, at: float) -> Answer:
    try:
        secrets = unseal(call.site_id, call.sealed)
    except Sealed:
        return refused(Reason.SEALED)
    if call.message is MessageKind.REPORT and call.report is None:
        return Answer(Outcome.UNFIT, Reason.REPORT_GONE)
    letter = _letter(call)
    if call.kind is Kind.EMAIL:
        return _mail(call, letter, secrets.get("password", ""))
    if call.kind in ROBOTS:
        body = robot_body(call.kind, letter)
    else:
        body = webhook_body(letter, call.things, call.frame, call.site, _facts(call))
    inside = bool(call.setting.get("inside"))
    request = request_for(call.kind, secrets, body, delivery=str(call.message_id), inside=inside, at=at)
    return call_by_http(call.kind, request, *(secrets.get(name, "") for name in ("token", "secret", "url")))


def _letter(call: Call) -> Letter:
    if call.message is MessageKind.TEST:
        return try_letter(call.message_id, call.name, call.made_at, call.frame)
    if call.report is not None:
        reader = Reader(call.frame.locale, call.zone)
        title = reporting.heading(call.report, reader)
        return report_letter(
            call.message_id, title, reporting.figures(call.report, reader), call.report.path, call.frame
        )
    return news_letter(call.message_id, call.things, call.frame)


def _facts(call: Call) -> dict[str, object] | None:
    if call.report is None:
        return None
    return {**reporting.facts(call.report), "url": call.frame.url(call.report.path)}


def _mail(call: Call, letter: Letter, password: str) -> Answer:
    files: tuple[Attachment, ...] = ()
    if call.report is not None:
        files = reporting.attachments(call.report, Reader(call.frame.locale, call.zone))
        letter = letter.noted(letter.say(N_("附件是完整的报告")))
    server = server_of(call.setting, password, f"{BRAND} · {call.frame.site}")
    name = f"ansu-{call.site['code']}-{call.message_id}"
    return send(mail_of(letter, name, files), server)
