"""A safety report as people read it: sections of facts, sentences and tables in one language. Pure."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from backend.core.errors import N_
from backend.incidents.review.blocks import Block, Listed, Reader, Said, Section, Table
from backend.incidents.wording import STATES as INCIDENT_STATES
from backend.lessons.wording import STATES as DECISIONS
from backend.operations.indicators.figures import Guard
from backend.operations.indicators.registry import INDICATORS, MEASURES
from backend.operations.indicators.wording import LEVEL_WORDS, said
from backend.operations.reports.models import Period, SafetyReport
from backend.operations.reports.money import tell_money
from backend.operations.reports.picturing import days_chart, trends

_KINDS = {Period.WEEK: N_("安全周报"), Period.MONTH: N_("安全月报")}


def title(report: SafetyReport, stage: Mapping[str, str] | None, reader: Reader) -> str:
    """``安全月报 2026-10 生产作业``."""
    last = report.until - timedelta(days=1)
    days = f"{report.first:%Y-%m}" if report.kind == Period.MONTH else f"{report.first:%Y-%m-%d} – {last:%m-%d}"
    parts = (reader.say(_KINDS[Period(report.kind)]), days, reader.name(stage))
    return " ".join(part for part in parts if part)


def tell(content: Mapping[str, Any], reader: Reader) -> list[Section]:
    """All sections, in the order in which they are read."""
    sections = [
        Section(
            "summary",
            reader.say(N_("概况")),
            [*_so_far(content, reader), *_summary(content, reader), *days_chart(content.get("days", ()), reader)],
        ),
        Section(
            "indicators",
            reader.say(N_("效能指标")),
            [*trends(content["indicators"], reader), _indicators(content["indicators"], reader)],
        ),
        Section("weak", reader.say(N_("要注意的")), _weak(content, reader)),
        Section("incidents", reader.say(N_("发生的事件")), _incidents(content["incidents"], reader)),
        Section("late", reader.say(N_("逾期的整改")), _late(content["late"], reader)),
    ]
    if content["decided"]:
        sections.append(Section("decided", reader.say(N_("这段时间的决定")), [_decided(content["decided"], reader)]))
    sections += tell_money(content, reader)
    if content["waiting"]:
        sections.append(Section("waiting", reader.say(N_("等待决定的建议")), _named(content["waiting"], reader)))
    return sections


def _so_far(content: Mapping[str, Any], reader: Reader) -> list[Block]:
    """That the period wasn't over when the report was written, and how far it counts."""
    at = content.get("so_far")
    return [Said(reader.say(N_("这段时间还没有结束，只数到 %(at)s"), at=reader.at(at)[:16]))] if at else []


def _summary(content: Mapping[str, Any], reader: Reader) -> list[Block]:
    counts, before = content["counts"], content["before"]
    lines = (
        (N_("预警和报警"), "alarms"),
        (N_("发现的隐患"), "hazards"),
        (N_("事件"), "incidents"),
        (N_("验收销号"), "verified"),
        (N_("巡检打卡"), "checkins"),
    )
    rows = [
        [
            Said(reader.say(words)),
            Said(str(_total(counts[name]))),
            Said(_levels(counts[name], reader)),
            Said(_change(_total(counts[name]), _total(before[name]))),
        ]
        for words, name in lines
    ]
    heads = [reader.say(words) for words in (N_("内容"), N_("数量"), N_("其中"), N_("比上期"))]
    return [Table(heads, rows)]


def _total(counted: int | Mapping[str, int]) -> int:
    return counted if isinstance(counted, int) else sum(counted.values())


def _levels(counted: int | Mapping[str, int], reader: Reader) -> str:
    if isinstance(counted, int):
        return "—"
    known = [f"{reader.say(words)} {counted[level]}" for level, words in LEVEL_WORDS.items() if counted.get(level)]
    return reader.say(N_("、")).join(known) or "—"


def _change(now: int, before: int) -> str:
    return "0" if now == before else f"{now - before:+d}"


def _indicators(found: Sequence[Mapping[str, Any]], reader: Reader) -> Table:
    heads = [reader.say(words) for words in (N_("指标"), N_("本期"), N_("上期"), N_("目标"), N_("样本"))]
    return Table(heads, [_indicator(one, reader) for one in found if one["code"] in INDICATORS])


def _indicator(one: Mapping[str, Any], reader: Reader) -> list[Said]:
    indicator = INDICATORS[one["code"]]
    kind = MEASURES[indicator.measure].kind

    def words(value: float | None) -> str:
        return said(reader.locale, kind, value)

    mark = reader.say(N_("（样本不足）")) if one["few"] == Guard.FEW else ""
    weak = reader.say(N_("（未达标）")) if one["weak"] else ""
    return [
        Said(reader.say(indicator.name), url=f"/indicators/{indicator.code}"),
        Said(words(one["value"]) + weak + mark),
        Said(words(one["before"])),
        Said(words(one["target"])),
        Said(str(one["n"])),
    ]


def _weak(content: Mapping[str, Any], reader: Reader) -> list[Block]:
    """What is below its target, and where most of it happened."""
    weak = [one for one in content["indicators"] if one["weak"] and one["code"] in INDICATORS]
    sentences = [
        Said(
            reader.say(
                N_("%(name)s：%(value)s，低于目标 %(target)s")
                if INDICATORS[one["code"]].better == "more"
                else N_("%(name)s：%(value)s，高于目标 %(target)s"),
                name=reader.say(INDICATORS[one["code"]].name),
                value=said(reader.locale, MEASURES[INDICATORS[one["code"]].measure].kind, one["value"]),
                target=said(reader.locale, MEASURES[INDICATORS[one["code"]].measure].kind, one["target"]),
            ),
            url=f"/indicators/{one['code']}",
        )
        for one in weak
    ]
    places = [f"{reader.name(_both(one))} {one['n']}" for one in content["places"]]
    if places:
        sentences.append(
            Said(reader.say(N_("隐患和事件最多的地方：%(places)s"), places=reader.say(N_("、")).join(places)))
        )
    return [Listed(sentences)] if sentences else [Said(reader.say(N_("没有低于目标的指标，也没有集中出问题的地方。")))]


def _both(one: Mapping[str, Any]) -> dict[str, str]:
    return {"zh": one["zh"], "en": one.get("en") or one["zh"]}


def _more(rows: Sequence[Mapping[str, Any]], reader: Reader) -> list[Block]:
    further = rows[0]["of"] - len(rows)
    return [Said(reader.say(N_("另有 %(n)s 条没有列出"), n=further))] if further > 0 else []


def _incidents(rows: Sequence[Mapping[str, Any]], reader: Reader) -> list[Block]:
    if not rows:
        return [Said(reader.say(N_("没有发生事件。")))]
    heads = [reader.say(words) for words in (N_("编号"), N_("事件"), N_("等级"), N_("状态"), N_("开始"))]
    cells = [
        [
            Said(one["number"], url=f"/incidents/{one['id']}"),
            Said(reader.name(_both(one)), own=True),
            Said(reader.say(LEVEL_WORDS[one["level"]])),
            Said(reader.say(INCIDENT_STATES[one["state"]])),
            Said(reader.short(one["at"])),
        ]
        for one in rows
    ]
    return [Table(heads, cells), *_more(rows, reader)]


def _late(rows: Sequence[Mapping[str, Any]], reader: Reader) -> list[Block]:
    if not rows:
        return [Said(reader.say(N_("没有逾期的整改。")))]
    heads = [reader.say(words) for words in (N_("编号"), N_("整改"), N_("等级"), N_("责任人"), N_("期限"))]
    cells = [
        [
            Said(one["number"], url=f"/rectifications/{one['id']}"),
            Said(one["zh"], own=True),
            Said(reader.say(LEVEL_WORDS[one["level"]])),
            Said(one["owner"] or "—", own=True),
            Said(reader.short(one["at"])),
        ]
        for one in rows
    ]
    return [Table(heads, cells), *_more(rows, reader)]


def _decided(rows: Sequence[Mapping[str, Any]], reader: Reader) -> Table:
    heads = [reader.say(words) for words in (N_("建议"), N_("决定"), N_("时间"))]
    return Table(
        heads,
        [
            [
                Said(reader.name(_both(one)), own=True, url=f"/lessons/suggestions/{one['id']}"),
                Said(reader.say(DECISIONS[one["state"]])),
                Said(reader.short(one["at"])),
            ]
            for one in rows
        ],
    )


def _named(rows: Sequence[Mapping[str, Any]], reader: Reader) -> list[Block]:
    items = [Said(reader.name(_both(one)), own=True, url=f"/lessons/suggestions/{one['id']}") for one in rows]
    return [Listed(items), *_more(rows, reader)]
