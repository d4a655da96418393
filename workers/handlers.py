"""Which function does which kind of job."""

from datetime import date

from backend.core.jobs import Handler, JobContext
from backend.delivery.commands.pushing import PUSH_JOB, PUSH_TEST_JOB, send_push, send_test_push
from backend.incidents.review.making import review_incident
from backend.incidents.review.models import REVIEW_JOB
from backend.lessons.making import look_for_patterns
from backend.lessons.models import MINE_JOB, SUGGEST_JOB
from backend.lessons.reviewed.working import suggest_from_review
from backend.operations.alarmload.models import TRIAL_JOB
from backend.operations.alarmload.working import work_on_trial
from backend.operations.decisions.making import find_out
from backend.operations.decisions.models import DECIDE_JOB
from backend.operations.indicators.models import ROLL_UP_JOB
from backend.operations.indicators.rolling import roll_up
from backend.operations.reports.making import write_report
from backend.operations.reports.models import REPORT_JOB
from backend.telemetry.quality.models import QUALITY_JOB
from backend.telemetry.quality.rolling import roll_quality
from backend.telemetry.retake.models import RETAKE_JOB
from backend.telemetry.retake.working import take_in_again
from backend.tracing.following import follow_alarms, refine
from backend.tracing.making import make_asked, make_trace
from backend.tracing.models import TRACE_JOB
from backend.tracing.normals.models import NORMAL_JOB
from backend.tracing.normals.working import work_step
from backend.tracing.versions.models import REPLAY_JOB
from backend.tracing.versions.replaying import replay_step


async def _trace(context: JobContext) -> None:
    payload = context.payload
    if "trace_id" in payload:
        await make_asked(context.session, int(payload["trace_id"]))
    elif payload.get("review") or payload.get("evidence"):
        await make_trace(context.session, int(payload["group_id"]), review=bool(payload.get("review")))
    elif payload.get("refine"):
        await refine(context.session, int(payload["group_id"]))
    else:
        await follow_alarms(context.session, int(payload["group_id"]))


async def _replay(context: JobContext) -> None:
    await replay_step(context.session, int(context.payload["replay_id"]))


async def _review(context: JobContext) -> None:
    payload = context.payload
    await review_incident(context.session, int(payload["incident_id"]), traced=bool(payload.get("traced")))


async def _normal(context: JobContext) -> None:
    await work_step(context.session, int(context.payload["work_id"]))


async def _mine(context: JobContext) -> None:
    await look_for_patterns(context.session, int(context.payload["site_id"]))


async def _suggest(context: JobContext) -> None:
    await suggest_from_review(context.session, int(context.payload["incident_id"]))


async def _roll_up(context: JobContext) -> None:
    payload = context.payload
    await roll_up(context.session, int(payload["site_id"]), everything=bool(payload.get("everything")))


async def _decide(context: JobContext) -> None:
    await find_out(context.session, int(context.payload["site_id"]))


async def _report(context: JobContext) -> None:
    await write_report(context.session, context.payload)


async def _quality(context: JobContext) -> None:
    payload = context.payload
    days = [date.fromisoformat(day) for day in payload.get("days", ())]
    everything = bool(payload.get("everything"))
    await roll_quality(context.session, int(payload["site_id"]), days=days, everything=everything)


HANDLERS: dict[str, Handler] = {
    TRACE_JOB: _trace,
    REPLAY_JOB: _replay,
    REVIEW_JOB: _review,
    NORMAL_JOB: _normal,
    MINE_JOB: _mine,
    ROLL_UP_JOB: _roll_up,
    SUGGEST_JOB: _suggest,
    TRIAL_JOB: work_on_trial,
    DECIDE_JOB: _decide,
    REPORT_JOB: _report,
    QUALITY_JOB: _quality,
    RETAKE_JOB: take_in_again,
    PUSH_JOB: send_push,
    PUSH_TEST_JOB: send_test_push,
}
