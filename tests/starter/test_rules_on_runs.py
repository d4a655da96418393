"""The pack's rules, judged over everything that was recorded: quiet in normal work, awake in faults."""

from collections.abc import Callable, Iterable
from functools import cache

import pytest

from backend.alarms.evaluation import Change, Rule, State, on_time, on_value
from backend.alarms.parameters import Deviation, Silence, read_parameters
from backend.starter.pack import PACKS, Pack, RuleSpec, read_pack
from backend.starter.runs import Row, read_run
from backend.tracing.engine import Detector, Normal, Window, learn_normal

REPLAYED_S = 1.0
"""Rows a second apart, as ``ansu replay`` plays them."""


@cache
def _pack() -> Pack:
    return read_pack(PACKS / "tep")


@cache
def _rows(fault: int) -> list[Row]:
    return read_run(PACKS / "tep", _pack(), fault).rows


@cache
def _normal() -> Normal:
    points = [point.code for point in _pack().points]
    rows = [[row[code] for code in points] for row in _rows(0)]
    return learn_normal(Window.of([180.0 * i for i in range(len(rows))], points, rows))


def _values(rule: RuleSpec, rows: Iterable[Row]) -> list[float]:
    parameters = read_parameters(rule.kind, rule.parameters)
    if rule.point is not None:
        return [row[rule.point] for row in rows]
    assert isinstance(parameters, Deviation)
    detector = Detector(_normal(), parameters.false_alarm_rate)
    return [detector.step([row[code] for code in _normal().points]).value for row in rows]


def _raised(rules: Iterable[RuleSpec], rows: list[Row], step_s: float) -> list[tuple[RuleSpec, Change]]:
    found = []
    for rule in rules:
        judged = Rule(read_parameters(rule.kind, rule.parameters), rule.deadband, rule.on_delay_s, rule.off_delay_s)
        state = State()
        for number, value in enumerate(_values(rule, rows), start=1):
            state, changes = on_value(judged, state, number * step_s, value, received=number * step_s)
            found += [(rule, change) for change in changes if change.raised]
        changes = on_time(judged, state, (len(rows) + 0.9) * step_s)[1]
        found += [(rule, change) for change in changes if change.raised]
    return found


def _level(rule: RuleSpec, change: Change) -> str:
    limit = rule.parameters.get("limits", {}).get(change.limit, {})
    return str(limit.get("level") or rule.level)


@pytest.fixture(params=[REPLAYED_S, 180.0], ids=["replayed", "as recorded"])
def step_s(request: pytest.FixtureRequest) -> float:
    return float(request.param)


def test_normal_work_raises_nothing(step_s: float) -> None:
    told = _raised(_pack().rules, _rows(0), step_s)
    assert [(rule.name_en, change) for rule, change in told] == []


def test_the_normal_hours_before_each_fault_raise_nothing(step_s: float) -> None:
    for run in _pack().runs[1:]:
        told = _raised(_pack().rules, _rows(run.fault)[: run.fault_row], step_s)
        assert [(run.fault, rule.name_en, change) for rule, change in told] == []


@pytest.mark.parametrize("fault", [1, 4, 6, 8, 10, 12, 13, 14, 18])
def test_a_fault_is_warned_of(fault: int) -> None:
    told = _raised(_pack().rules, _rows(fault), REPLAYED_S)
    begins = _pack().run(fault).fault_row
    assert begins is not None
    assert told and min(change.at for _, change in told) > begins * REPLAYED_S


def test_a_run_that_passes_a_documented_limit_raises_the_level_of_that_limit() -> None:
    documented = [rule for rule in _pack().rules if rule.basis.startswith("Downs") and rule.kind == "threshold"]
    for run in _pack().runs:
        told = {(rule.name_en, change.limit) for rule, change in _raised(documented, _rows(run.fault), REPLAYED_S)}
        passed: Callable[[str, float, float], bool] = lambda name, v, limit: v >= limit if "H" in name else v <= limit  # noqa: E731
        for rule in documented:
            for name, limit in rule.parameters["limits"].items():
                over = [passed(name, value, limit["value"]) for value in _values(rule, _rows(run.fault))]
                lasts = any(all(over[i : i + 4]) for i in range(len(over) - 3))
                assert not lasts or (rule.name_en, name) in told, (run.fault, rule.name_en, name)


def test_the_loss_of_the_a_feed_raises_the_pressure_above_its_operating_limit() -> None:
    told = _raised(_pack().rules, _rows(6), REPLAYED_S)
    levels = {(rule.point, _level(rule, change)) for rule, change in told}
    assert ("XMEAS_7", "significant") in levels
    assert ("XMEAS_1", "general") in levels


def test_silence_waits_for_five_missed_rows() -> None:
    silent = next(rule for rule in _pack().rules if rule.kind == "silence")
    parameters = read_parameters(silent.kind, silent.parameters)
    assert isinstance(parameters, Silence) and parameters.after_s == 5 * _pack().row_s


def test_an_ingest_that_starts_in_the_middle_of_normal_work_is_not_startled(step_s: float) -> None:
    deviation = [rule for rule in _pack().rules if rule.kind == "deviation"]
    for begin in range(0, 1440, 40):
        assert _raised(deviation, _rows(0)[begin : begin + 20], step_s) == [], begin
