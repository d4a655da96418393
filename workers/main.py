"""The worker role: background jobs, escalation, deliveries, the watchdog. It serves all sites.

Escalation and deliveries are loops over rows in PostgreSQL and never wait for Redis; arq only makes jobs
start sooner than the sweep would.
"""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from functools import partial

import asyncpg
import structlog
from prometheus_client import start_http_server
from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.escalator import escalate_due, escalation_audit, expire_shelving
from backend.channels.working import Sender, follow_all, forget_sent, give_up_old
from backend.checkins.timekeeping import keep_rounds
from backend.core.collecting import set_aside_what_stays
from backend.core.database import Database
from backend.core.doorbell import ArqDoorbell
from backend.core.events import CHANNEL
from backend.core.jobs import hang_doorbell
from backend.core.observability import configure_logs
from backend.core.settings import settings
from backend.delivery.commands import address_people
from backend.delivery.commands.pushing import intend_pushes
from backend.feedback.reminders import remind_answerers
from backend.governance.cleaning.rounds import keep_cases
from backend.governance.retention.keeping import keep_retention
from backend.governance.sources.people import keep_people
from backend.governance.sources.telling import tell_owners
from backend.hazards.reminders import remind_overdue
from backend.hazards.reports.reminders import remind_deciders
from backend.incidents.positions.keeping import forget_incident_positions
from backend.incidents.review.aftermath import keep_aftermaths
from backend.incidents.review.making import watch_reviews
from backend.incidents.tracking.turning import follow_winds
from backend.incidents.watching import watch_outbreaks
from backend.lessons.making import plan_rounds
from backend.lessons.reviewed.working import watch_reports
from backend.lessons.weather import keep_weather
from backend.maintenance.reminders import remind_of_maintenance
from backend.operations.decisions.making import plan_decisions
from backend.operations.duty.keeping import keep_duty
from backend.operations.indicators.rolling import plan_roll_ups
from backend.operations.reports.making import plan_reports
from backend.outbox.bodies import drop_abandoned
from backend.telemetry.quality.rolling import plan_quality
from backend.tracing.checks.reminding import remind_of_checks
from backend.training.causing import assign_by_cause
from backend.training.reminders import remind_learners
from workers.bell import hear
from workers.handlers import HANDLERS
from workers.loops import Round, every
from workers.storage import keep_partitions
from workers.sweep import do_scheduled, sweep
from workers.watchdog import Watchdog

log = structlog.get_logger()

Work = Callable[[AsyncSession], Awaitable[object]]


def run(_argv: list[str]) -> int:
    """Work until SIGTERM or SIGINT; gives the exit code."""
    configure_logs("worker")
    if settings().worker_metrics_port:
        start_http_server(settings().worker_metrics_port, "127.0.0.1")
    asyncio.run(_work())
    return 0


async def _work() -> None:
    database = Database(settings().database_url, pool_size=8)
    doorbell = ArqDoorbell(settings().redis_url)
    hang_doorbell(doorbell)
    watchdog = Watchdog(database, settings().mqtt_url)
    sender = Sender(database)
    loops = asyncio.create_task(_loops(database, watchdog, sender))
    stop = asyncio.get_running_loop()
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        stop.add_signal_handler(signal_, loops.cancel)
    set_aside_what_stays()
    log.info("worker.started")
    with contextlib.suppress(asyncio.CancelledError):
        await loops
    await sender.close()
    await watchdog.close()
    await doorbell.close()
    await database.close()


async def _loops(database: Database, watchdog: Watchdog, sender: Sender) -> None:
    news, news_for_phones, news_of_outbreaks = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def in_session(work: Work) -> Round:
        return partial(_in_session, database, work)

    async with asyncio.TaskGroup() as tasks:
        start = tasks.create_task
        start(every(1, "listen", lambda: _listen(database, news, news_for_phones, news_of_outbreaks)))
        start(every(1, "deliver", in_session(address_people), wake=news))
        start(every(1, "push", in_session(intend_pushes), wake=news_for_phones))
        start(every(1, "outbreaks", in_session(watch_outbreaks), wake=news_of_outbreaks))
        start(every(1, "incident reviews", in_session(watch_reviews)))
        start(every(60, "aftermaths", in_session(keep_aftermaths)))
        start(every(1, "lessons of incidents", in_session(watch_reports)))
        start(every(30, "winds of leaks", in_session(follow_winds)))
        start(every(600, "weather", in_session(keep_weather)))
        start(every(1, "escalate", in_session(escalate_due)))
        start(every(30, "escalation audit", in_session(escalation_audit)))
        start(every(5, "shelving", in_session(expire_shelving)))
        start(every(5, "sweep", lambda: sweep(database, HANDLERS)))
        start(every(1, "scheduled", lambda: do_scheduled(database, HANDLERS)))
        start(every(10, "canary", watchdog.send_canaries))
        start(every(5, "watch", watchdog.look))
        start(every(600, "duty", in_session(keep_duty)))
        start(every(600, "overdue", in_session(remind_overdue)))
        start(every(60, "waiting reports", in_session(remind_deciders)))
        start(every(15, "looks on site", in_session(remind_of_checks)))
        start(every(30, "rounds", in_session(keep_rounds)))
        start(every(600, "retention", lambda: keep_retention(database)))
        start(every(600, "maintenance", in_session(remind_of_maintenance)))
        start(every(3600, "incident positions", in_session(forget_incident_positions)))
        start(every(600, "learners", in_session(remind_learners)))
        start(every(5, "causes", in_session(assign_by_cause)))
        start(every(3600, "lessons", in_session(plan_rounds)))
        start(every(10, "indicators", in_session(plan_roll_ups)))
        start(every(60, "data quality", in_session(plan_quality)))
        start(every(3600, "records of people", in_session(keep_people)))
        start(every(600, "owners of data", in_session(tell_owners)))
        start(every(300, "suspect data", in_session(keep_cases)))
        start(every(3600, "decisions", in_session(plan_decisions)))
        start(every(600, "feedback", in_session(remind_answerers)))
        start(every(600, "safety reports", in_session(plan_reports)))
        start(every(1, "channel news", lambda: follow_all(database)))
        start(every(1, "channels", sender.round))
        start(every(60, "channels given up", in_session(give_up_old)))
        start(every(3600, "channel history", in_session(forget_sent)))
        start(every(3600, "bodies", drop_abandoned))
        start(every(3600, "partitions", lambda: keep_partitions(database)))
        if settings().redis_url:
            start(hear(settings().redis_url, database, HANDLERS))


async def _in_session(database: Database, work: Work) -> object:
    async with database.session() as session:
        return await work(session)


async def _listen(database: Database, *news: asyncio.Event) -> None:
    """Set each of ``news`` at each NOTIFY of the event log, until the connection breaks."""
    connection = await asyncpg.connect(database.url, timeout=5)
    gone = asyncio.Event()

    def wake(*_: object) -> None:
        for one in news:
            one.set()

    try:
        connection.add_termination_listener(lambda _connection: gone.set())
        await connection.add_listener(CHANNEL, wake)
        await gone.wait()
    finally:
        with contextlib.suppress(Exception):
            await connection.close(timeout=1)
