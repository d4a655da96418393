"""What to do about a trace: the rules' own advice is written by people; this adds what the evidence asks for. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backend.core.errors import N_
from backend.tracing.engine import Reason

LIKELY = 0.2
"""Causes less probable than this, but for the first, ask for nothing."""
MOST = 5


@dataclass(frozen=True, slots=True)
class Advice:
    """A text to translate, and the node it names."""

    text: str
    node: str


_CHECK_ACTUATOR = N_("检查 %(name)s 的开度与反馈是否一致，它可能在补偿上游的变化")
_CHECK = N_("到现场核对 %(name)s 的实际情况")
_CHECK_UNMEASURED = N_("%(name)s 没有测点，请到现场查看")
_BY_RECORD = {
    "maintenance_overdue": N_("安排 %(name)s 的逾期保养"),
    "maintenance_recent": N_("复查 %(name)s 最近一次维护的质量"),
    "training_lapsed": N_("安排 %(name)s 责任人补训，补训前由他人复核操作"),
    "rectification_open": N_("催办 %(name)s 未完成的整改"),
}


def advice_for(result: Mapping[str, Any]) -> list[Advice]:
    """What the causes and records ask for, weightiest first, at most ``MOST``."""
    found: list[Advice] = []
    for rank, cause in enumerate(result["causes"]):
        if rank and cause["probability"] < LIKELY:
            break
        compensates = any(item["reason"] == Reason.COMPENSATES for item in cause["against"])
        found.append(Advice(_CHECK_ACTUATOR if compensates else _CHECK, cause["node"]))
        found += [Advice(_CHECK_UNMEASURED, node) for node in cause["look_at"][:2]]
    found += [
        Advice(_BY_RECORD[record["kind"]], f"equipment:{record['equipment_id']}")
        for record in result["records"]
        if record["kind"] in _BY_RECORD
    ]
    return list(dict.fromkeys(found))[:MOST]
