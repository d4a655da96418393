"""The pictures of a safety report: each day's alarms, hazards and incidents, and how the indicators went. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from backend.core.errors import N_
from backend.incidents.review.blocks import Block, Reader, Said
from backend.incidents.review.pictures import Chart, Drawn, Spark, Sparks
from backend.operations.indicators.registry import INDICATORS, MEASURES
from backend.operations.indicators.wording import drawn, said

FEWEST_STEPS = 2
"""Of fewer steps with a value there is no course to draw."""


def days_chart(days: Sequence[Sequence[Any]], reader: Reader) -> list[Block]:
    """What each day brought; nothing for a period in which nothing happened, or of a report that kept no days."""
    if not any(n for _, *counts in days for n in counts):
        return []
    heads = tuple(reader.say(words) for words in (N_("日期"), N_("预警和报警"), N_("发现的隐患"), N_("事件")))
    rows = tuple(
        Drawn(day[5:], _begins(day, reader), tuple(float(n) for n in counts), tuple(str(n) for n in counts))
        for day, *counts in days
    )
    return [Chart(reader.say(N_("每天发生多少")), heads, rows)]


def trends(found: Sequence[Mapping[str, Any]], reader: Reader) -> list[Block]:
    """How those indicators went that have a course; weak ones first."""
    cells = [_spark(one, reader) for one in found if one["code"] in INDICATORS and _steps(one) >= FEWEST_STEPS]
    beside = Sparks(tuple(sorted(cells, key=lambda cell: not cell.weak)))
    return [Said(reader.say(N_("近 12 周的走势，横线是目标"))), beside] if cells else []


def _steps(one: Mapping[str, Any]) -> int:
    return sum(value is not None for _, value in one.get("trend", ()))


def _spark(one: Mapping[str, Any], reader: Reader) -> Spark:
    indicator = INDICATORS[one["code"]]
    kind = MEASURES[indicator.measure].kind
    rows = tuple(
        Drawn(day, _begins(day, reader), (drawn(kind, value),), (said(reader.locale, kind, value),))
        for day, value in one["trend"]
    )
    return Spark(
        reader.say(indicator.name),
        said(reader.locale, kind, one["value"]) + (reader.say(N_("（未达标）")) if one["weak"] else ""),
        reader.say(N_("目标 %(value)s"), value=said(reader.locale, kind, one["target"])),
        f"/indicators/{indicator.code}",
        one["weak"],
        drawn(kind, one["target"]) or 0.0,
        reader.say(N_("日期")),
        rows,
    )


def _begins(day: str, reader: Reader) -> float:
    """When a day of the site begins, as epoch seconds."""
    return datetime.combine(date.fromisoformat(day), time(), reader.zone).timestamp()
