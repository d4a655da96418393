"""The engine's reasons in a team leader's words: msgids (Chinese) that templates translate and fill. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from backend.core.errors import N_
from backend.tracing.engine import Reason

_SENTENCES: dict[str, str] = {
    Reason.MOVED_FIRST: N_("最先变化，比其他测点早 %(duration)s"),
    Reason.MOVED_BEFORE_SYMPTOM: N_("比 %(points)s 早变化 %(duration)s"),
    Reason.UNEXPLAINED: N_("上游的变化解释不了它"),
    Reason.DEVIATES: N_("偏离正常，达平时波动的 %(size)s 倍"),
    Reason.RESEMBLES_SYMPTOM: N_("变化过程与报警测点相似（%(percent)s）"),
    Reason.REACHES_DEVIATING: N_("下游承接了 %(percent)s 的异常"),
    Reason.PRECEDES_ALARM: N_("发生在报警之前：%(points)s"),
    Reason.NOT_MEASURED: N_("自身不测量，由下游 %(points)s 的异常推断"),
    Reason.MOVED_AFTER_SYMPTOM: N_("比 %(points)s 晚变化 %(duration)s"),
    Reason.EXPLAINED_BY_PARENT: N_("可由上游 %(points)s 的变化解释"),
    Reason.NO_WAY_TO_SYMPTOM: N_("关联图上没有通向 %(points)s 的路径"),
    Reason.COMPENSATES: N_("由控制回路驱动，可能是在补偿 %(points)s"),
    Reason.SELDOM_READ: N_("读数稀少，只有 %(percent)s 的时刻有数据"),
    Reason.WEAK: N_("偏离不大，只有平时波动的 %(size)s 倍"),
}
_RECORDS: dict[str, str] = {
    "maintenance_overdue": N_("保养逾期 %(days)s 天：%(text)s"),
    "maintenance_recent": N_("%(days)s 天前刚做过维护：%(text)s"),
    "training_lapsed": N_("责任人的培训已过期 %(days)s 天：%(text)s"),
    "earlier_alarms": N_("近 30 天已报警 %(days)s 次"),
    "rectification_open": N_("已有整改未完成，%(days)s 天：%(text)s"),
    "rectification_late": N_("整改已逾期 %(days)s 天：%(text)s"),
    "measure_failed": N_("整改后复发或被退回，第 %(days)s 次：%(text)s"),
    "ignored_warning": N_("近 30 天有 %(days)s 次预警半小时内无人确认"),
    "missed_checkin": N_("近 14 天漏检 %(days)s 次：%(text)s"),
    "found_bad": N_("%(days)s 天前巡检已发现异常：%(text)s"),
}
_CITED: dict[str, str] = {
    "maintenance_overdue": "/equipment/{equipment_id}",
    "maintenance_recent": "/equipment/{equipment_id}",
    "training_lapsed": "",
    "earlier_alarms": "/alarms/{row_id}",
    "rectification_open": "/rectifications/{row_id}",
    "rectification_late": "/rectifications/{row_id}",
    "measure_failed": "/rectifications/{row_id}",
    "ignored_warning": "/alarms/{row_id}",
    "missed_checkin": "/equipment/{equipment_id}",
    "found_bad": "/checkins/records/{row_id}",
}

_WORDS_A_POINT = 8


@dataclass(frozen=True)
class Sentence:
    """A text to translate, with its values: durations in seconds, node keys in ``points``."""

    text: str
    duration_s: float | None = None
    size: float = 0.0
    share: float = 0.0
    points: tuple[str, ...] = ()
    days: int = 0
    url: str = ""
    """Where the cited record can be seen."""
    detail: str = ""
    detail_en: str = ""
    sample: bool = False


def reason_sentence(evidence: dict[str, Any]) -> Sentence:
    """The sentence for one stored piece of the engine's evidence."""
    reason, value = evidence["reason"], float(evidence["value"])
    return Sentence(
        _SENTENCES[reason], duration_s=value, size=abs(value), share=value, points=tuple(evidence["points"])
    )


def shortest_first(evidence: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What speaks against, in the order in which it is quickest read: short texts that name few points first."""
    return sorted(evidence, key=lambda item: len(_SENTENCES[item["reason"]]) + _WORDS_A_POINT * len(item["points"]))


def record_sentence(record: dict[str, Any]) -> Sentence:
    """The sentence for one stored record that speaks for a human or management cause; ``days`` may be a count."""
    return Sentence(
        _RECORDS[record["kind"]],
        days=round(record["value"]),
        url=_CITED[record["kind"]].format(**record),
        detail=record["text"],
        detail_en=record["text_en"],
        sample=record["sample"],
    )


CERTAINTIES = (
    (0.6, N_("很可能")),
    (0.3, N_("较可能")),
    (0.1, N_("有可能")),
    (0.0, N_("可能性小")),
)


def certainty(probability: float) -> str:
    """A word for a probability, as people say it."""
    return next(word for least, word in CERTAINTIES if probability >= least)
