"""One sentence per cause in the reader's language: what moved which way and in which form, how long before the symptom,
and what it did next. Pure; msgids (Chinese) that templates translate and fill."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backend.core.errors import N_
from backend.tracing.engine import Form
from backend.tracing.foretelling import form_of
from backend.tracing.steps import Step, steps_of

RISES, FALLS, CHANGES = N_("上升"), N_("下降"), N_("变化")

_BEFORE = N_("%(name)s 先于 %(symptom)s %(time)s开始%(moved)s")
_TOGETHER = N_("%(name)s 与 %(symptom)s 同时开始变化，%(name)s %(moved)s")
_AFTER = N_("%(name)s 比 %(symptom)s 晚 %(time)s才开始%(moved)s")
_ITSELF = N_("%(name)s 就是报警的测点，自己开始%(moved)s")
_ALONE = N_("%(name)s 开始%(moved)s，%(symptom)s 还看不出变化")
_BEGAN = N_("%(name)s 开始%(moved)s")
_HIGH = N_("%(name)s 比平时高，看不出从何时开始")
_LOW = N_("%(name)s 比平时低，看不出从何时开始")
_NEXT = N_("%(time)s后 %(next)s %(moved)s")
_FORM = N_("表现为%(moved)s")
FORMS: dict[str, str] = {
    Form.NEW_STATE.value: N_("新状态"),
    Form.STUCK.value: N_("卡住不动"),
    Form.STEP.value: N_("阶跃"),
    Form.DRIFT.value: N_("缓慢漂移"),
    Form.OSCILLATION.value: N_("振荡"),
    Form.VARIANCE.value: N_("波动变大"),
}
UNDIRECTED = {Form.STUCK.value, Form.OSCILLATION.value, Form.VARIANCE.value}
"""What moved so neither rose nor fell."""
_NOT_ON_THE_WAY = {_HIGH, _LOW, _AFTER, _ITSELF}
TOGETHER_S = 1.0


@dataclass(frozen=True, slots=True)
class Clause:
    """A text to translate. ``name``, ``symptom`` and ``next``: node keys; ``moved``: a word to translate, or none;
    ``time_s``: seconds."""

    text: str
    name: str
    moved: str = ""
    symptom: str = ""
    next: str = ""
    time_s: float = 0.0


def told_cause(result: Mapping[str, Any], cause: Mapping[str, Any]) -> list[Clause]:
    """The sentence as its clauses: the cause against the symptom, its form, then the first point that it moved on the
    way. One of a second fault has nothing to do with the symptom."""
    steps = steps_of(result, cause)
    form = form_of(result, cause["node"])
    symptom = "" if cause.get("disturbance") else result.get("symptom") or ""
    first = _against_symptom(symptom, cause, steps, CHANGES if form in UNDIRECTED else "")
    said = [first, *([Clause(_FORM, cause["node"], FORMS[form])] if form in FORMS else [])]
    follower = _follower(steps, cause["node"], result.get("symptom") or "")
    if follower is None or first.text in _NOT_ON_THE_WAY:
        return said
    step, after_s = follower
    moved = _moved(direction_of(result, step.node))
    return [*said, Clause(_NEXT, cause["node"], moved, next=step.node, time_s=after_s)] if moved else said


def direction_of(result: Mapping[str, Any], node: str) -> int:
    """+1 where a node's readings rise, −1 where they fall, 0 where the trace doesn't tell."""
    for cause in result["causes"]:
        if cause["node"] == node and cause["deviation"]:
            return 1 if cause["deviation"] > 0 else -1
    told = (item.get("direction", 0) for item in result["scope"] if item["node"] == node)
    return int(next(told, 0))


def _against_symptom(symptom: str, cause: Mapping[str, Any], steps: list[Step], moved: str) -> Clause:
    node = cause["node"]
    rises = cause["deviation"] > 0
    moved = moved or (RISES if rises else FALLS)
    if not cause["onset_at"]:
        return Clause(_HIGH if rises else _LOW, node)
    if node == symptom:
        return Clause(_ITSELF, node, moved)
    if not symptom:
        return Clause(_BEGAN, node, moved)
    onsets = {step.node: step.onset_at for step in steps}
    begun, seen = onsets.get(node), onsets.get(symptom)
    if begun is None or seen is None:
        return Clause(_ALONE, node, moved, symptom)
    ahead_s = (seen - begun).total_seconds()
    if abs(ahead_s) < TOGETHER_S:
        return Clause(_TOGETHER, node, moved, symptom)
    return Clause(_BEFORE if ahead_s > 0 else _AFTER, node, moved, symptom, time_s=abs(ahead_s))


def _follower(steps: list[Step], node: str, symptom: str) -> tuple[Step, float] | None:
    """The first point between cause and symptom that moved after the cause, and how long after."""
    begun = next((step.onset_at for step in steps if step.node == node), None)
    if begun is None:
        return None
    for step in steps:
        if step.node not in {node, symptom} and step.onset_at is not None:
            after_s = (step.onset_at - begun).total_seconds()
            if after_s >= TOGETHER_S:
                return step, after_s
    return None


def _moved(direction: int) -> str:
    return RISES if direction > 0 else FALLS if direction < 0 else ""
