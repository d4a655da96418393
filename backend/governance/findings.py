"""What the doctor says of the figures it was told. Pure: figures in, findings out; what is wrong comes with advice."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from backend.governance.queries import SystemState

CANARY_LATE_S = 35.0
"""A canary goes round every 10 s; the watchdog raises its alarm at the same age."""
READINGS_OLD_S = 600.0
QUEUE_LONG = 1_000
QUEUE_TOO_LONG = 50_000
JOB_LATE_S = 60.0
EVENTS_LATE_S = 30.0
CLOCK_OFF_S = 1.0
CLOCK_WRONG_S = 5.0
CERTIFICATE_ENDS_DAYS = 25
"""It is renewed 30 days before."""
DISK_LOW_MB = 2_000
DISK_FULL_MB = 500
"""With less ``ansu up`` doesn't start."""


class Verdict(enum.StrEnum):
    """How one check came out. Only ``BAD`` makes the doctor's exit code 1."""

    OK = "ok"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """One line of the report, in both languages; ``values`` are its figures for programs."""

    check: str
    verdict: Verdict
    zh: str
    en: str
    values: Mapping[str, Any] = field(default_factory=dict)


def unreachable(check: str, setting: str, why: str) -> Finding:
    """A server that doesn't answer at the address of ``setting``."""
    return Finding(
        check,
        Verdict.BAD,
        f"没有应答（{why}）。请检查服务器是否运行、{setting} 是否正确",
        f"no answer ({why}); check that the server runs and {setting} is right",
    )


def unnamed(check: str, setting: str) -> Finding:
    """Nothing says where the server is."""
    return Finding(
        check,
        Verdict.BAD,
        f"没有找到运行中的安溯。请先运行 ./scripts/start，或设置 {setting}",
        f"no running AnSu found; run ./scripts/start first, or set {setting}",
    )


def of_durability(settings: Mapping[str, str]) -> Finding:
    """``settings``: PostgreSQL's own words for what a power cut must not take away."""
    off = sorted(name for name, value in settings.items() if value == "off")
    said = ", ".join(f"{name}={value}" for name, value in sorted(settings.items()))
    if not off:
        return Finding("durability", Verdict.OK, said, said, settings)
    names = "、".join(off)
    return Finding(
        "durability",
        Verdict.BAD,
        f"{names} 未开启，断电会丢失已确认的数据，请在 PostgreSQL 中开启",
        f"{', '.join(off)} off: a power cut could lose confirmed data; switch it on in PostgreSQL",
        settings,
    )


def of_certificate(expires_at: datetime, at: datetime, missing: Sequence[str]) -> Finding:
    """The web role's own certificate at ``at``; ``missing``: addresses of this machine for which it can't vouch."""
    days = (expires_at - at).days
    values = {"expires_at": expires_at.isoformat(), "days_left": days, "missing": list(missing)}
    if expires_at <= at:
        zh, en = "证书已过期，手机无法打开页面。请重启安溯", "expired: phones can't open pages; restart AnSu"
        return Finding("certificate", Verdict.BAD, zh, en, values)
    if days < CERTIFICATE_ENDS_DAYS:
        zh, en = f"证书 {days} 天后过期，未能自动更新", f"expires in {days} days and was not renewed"
        return Finding("certificate", Verdict.WARNING, zh, en, values)
    if missing:
        said = ", ".join(missing)
        zh, en = f"证书不含地址 {said}，见 docs/operating.md", f"doesn't vouch for {said}, see docs/operating.md"
        return Finding("certificate", Verdict.WARNING, zh, en, values)
    return Finding("certificate", Verdict.OK, f"有效期还有 {days} 天", f"good for {days} more days", values)


def unreadable_certificate(why: str) -> Finding:
    """The certificate's files are there and of no use."""
    zh, en = f"证书无法读取（{why}）。请重启安溯", f"can't be read ({why}); restart AnSu"
    return Finding("certificate", Verdict.BAD, zh, en)


def of_migrations(present: str | None, newest: Sequence[str]) -> Finding:
    """``present``: the revision of the database, None when it has no tables of ours."""
    values = {"present": present, "newest": list(newest)}
    if [present] == list(newest):
        return Finding("migrations", Verdict.OK, f"{present}，已是最新", f"{present}, newest", values)
    wanted = ", ".join(newest)
    return Finding(
        "migrations",
        Verdict.BAD,
        f"数据库为 {present or '空'}，本程序需要 {wanted}。请运行 ansu migrate（或用与数据库相同的版本）",
        f"the database is at {present or 'nothing'}, this program needs {wanted}; run ansu migrate (or its version)",
        values,
    )


def of_clock(offset_s: float) -> Finding:
    """``offset_s``: how far the database's clock is ahead of this machine's."""
    values = {"offset_s": round(offset_s, 3)}
    if abs(offset_s) < CLOCK_OFF_S:
        return Finding("clock", Verdict.OK, f"相差 {offset_s:+.3f} 秒", f"{offset_s:+.3f} s apart", values)
    verdict = Verdict.BAD if abs(offset_s) >= CLOCK_WRONG_S else Verdict.WARNING
    return Finding(
        "clock",
        verdict,
        f"数据库与本机相差 {offset_s:+.1f} 秒，请用 NTP 校时",
        f"database and this machine are {offset_s:+.1f} s apart; set both by NTP",
        values,
    )


def of_disk(folder: str, free_mb: int) -> Finding:
    """Room left where the data goes."""
    values = {"folder": folder, "free_mb": free_mb}
    zh, en = f"{folder} 剩余 {free_mb / 1000:.1f} GB", f"{folder}: {free_mb / 1000:.1f} GB left"
    if free_mb >= DISK_LOW_MB:
        return Finding("disk", Verdict.OK, zh, en, values)
    verdict = Verdict.BAD if free_mb < DISK_FULL_MB else Verdict.WARNING
    return Finding("disk", verdict, f"{zh}，请清理磁盘", f"{en}; make room", values)


def of_queue(depth: int | None) -> Finding:
    """``depth``: messages the broker holds for an ingest that hasn't taken them; None when it doesn't tell."""
    values = {"messages": depth}
    if depth is None:
        return Finding(
            "queue",
            Verdict.WARNING,
            "未检查：此消息服务器不报告积压数量",
            "not checked: this broker doesn't tell how much it holds",
            values,
        )
    zh, en = f"积压 {depth} 条消息", f"{depth} messages wait"
    if depth < QUEUE_LONG:
        return Finding("queue", Verdict.OK, zh, en, values)
    verdict = Verdict.BAD if depth >= QUEUE_TOO_LONG else Verdict.WARNING
    return Finding("queue", verdict, f"{zh}，请检查接收进程 ingest", f"{en}; look at the ingest", values)


def of_state(state: SystemState) -> list[Finding]:
    """The line, the event log, jobs and escalation, as the database tells of them."""
    return [_line(state), _readings(state), _events(state), _jobs(state), _escalation(state)]


def _line(state: SystemState) -> Finding:
    age = state.canary_age_s
    values = {"canary_age_s": age}
    if not state.sites:
        return Finding("line", Verdict.WARNING, "还没有厂区", "there is no site yet", values)
    if age is not None and age <= CANARY_LATE_S:
        return Finding("line", Verdict.OK, f"自检值 {age:.0f} 秒前到达", f"self-check came {age:.0f} s ago", values)
    if state.database_up_s <= CANARY_LATE_S:
        zh, en = "刚刚启动，自检值还没有到达", "just started, the self-check hasn't come yet"
        return Finding("line", Verdict.WARNING, zh, en, values)
    zh = "自检值从未到达" if age is None else f"自检值 {_zh_lasting(age)}前到达"
    en = "the self-check never came" if age is None else f"the self-check came {_lasting(age)} ago"
    return Finding(
        "line",
        Verdict.BAD,
        f"{zh}，监测数据到不了数据库：请看消息服务器、ingest 和 worker 的日志",
        f"{en}: no readings arrive; see the logs of broker, ingest and worker",
        values,
    )


def _readings(state: SystemState) -> Finding:
    age = state.last_reading_age_s
    values = {"last_reading_age_s": age}
    if age is None:
        return Finding("readings", Verdict.WARNING, "还没有收到任何读数", "no reading has come yet", values)
    zh, en = f"最新读数 {_zh_lasting(age)}前", f"newest reading {_lasting(age)} ago"
    if age <= READINGS_OLD_S:
        return Finding("readings", Verdict.OK, zh, en, values)
    return Finding("readings", Verdict.WARNING, f"{zh}，网关是否在发送？", f"{en}; do the gateways send?", values)


def _events(state: SystemState) -> Finding:
    values = {"untold": state.untold_events, "oldest_s": state.oldest_untold_s}
    zh, en = f"{state.untold_events} 条事件待通知", f"{state.untold_events} events to tell"
    if state.oldest_untold_s <= EVENTS_LATE_S:
        return Finding("events", Verdict.OK, zh, en, values)
    late_zh, late_en = _zh_lasting(state.oldest_untold_s), _lasting(state.oldest_untold_s)
    return Finding(
        "events",
        Verdict.BAD,
        f"{zh}，最早的已等 {late_zh}：worker 是否在运行？",
        f"{en}, the oldest waits {late_en}: does the worker run?",
        values,
    )


def _jobs(state: SystemState) -> Finding:
    values = {"waiting": state.waiting_jobs, "dead": state.dead_jobs, "oldest_due_s": state.oldest_job_s}
    zh, en = f"{state.waiting_jobs} 个任务等待", f"{state.waiting_jobs} jobs wait"
    if state.dead_jobs:
        return Finding(
            "jobs",
            Verdict.BAD,
            f"{state.dead_jobs} 个任务多次失败、不再重试：见 job 表的 error 与 worker 日志",
            f"{state.dead_jobs} jobs failed for good: see error in table job and the worker's log",
            values,
        )
    if state.oldest_job_s > JOB_LATE_S:
        late_zh, late_en = _zh_lasting(state.oldest_job_s), _lasting(state.oldest_job_s)
        return Finding(
            "jobs",
            Verdict.BAD,
            f"{zh}，最早的已过期 {late_zh}：worker 是否在运行？",
            f"{en}, the oldest is {late_en} overdue: does the worker run?",
            values,
        )
    return Finding("jobs", Verdict.OK, zh, en, values)


def _escalation(state: SystemState) -> Finding:
    values = {"late": state.late_escalations, "open_alarms": state.open_alarms}
    if not state.late_escalations:
        zh, en = f"{state.open_alarms} 条未关闭预警，升级无延误", f"{state.open_alarms} open alarms, no step late"
        return Finding("escalation", Verdict.OK, zh, en, values)
    return Finding(
        "escalation",
        Verdict.BAD,
        f"{state.late_escalations} 次升级超过时限未执行，有人没有得到通知：请立即检查 worker",
        f"{state.late_escalations} escalation steps are overdue, somebody was not told: look at the worker now",
        values,
    )


def _zh_lasting(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} 秒"
    return f"{seconds / 60:.0f} 分钟" if seconds < 7200 else f"{seconds / 3600:.1f} 小时"


def _lasting(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
