"""Evidence fusion: exact, and moving the way evidence points."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.tracing.engine import Window, learn_normal
from backend.tracing.engine.behaviour import Shape, behaviours
from backend.tracing.engine.fusion import LEAK, NO_WORD, STRONGEST, SUREST, Case, Factor, Finding, Mode, fuse

_P = st.floats(0.05, 0.95)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    places = {f"place{n}": draw(_P) for n in range(draw(st.integers(1, 3)))}
    factors = [Factor(f"factor{n}", draw(st.sampled_from([True, False, None])), draw(_P)) for n in range(2)]
    findings = [
        Finding(
            f"finding{n}",
            draw(st.sampled_from([True, False, None])),
            draw(_P),
            draw(st.sampled_from([None, *places])),
        )
        for n in range(draw(st.integers(1, 4)))
    ]
    modes = [
        Mode(
            f"mode{n}",
            draw(st.sampled_from(sorted(places))),
            draw(_P),
            {f.key: draw(st.floats(1.5, 5)) for f in factors if draw(st.booleans())},
            {f.key: draw(_P) for f in findings if draw(st.booleans())},
        )
        for n in range(draw(st.integers(1, 6)))
    ]
    return Case(places, draw(st.floats(0.01, 0.5)), modes, factors, findings)


def by_hand(case: Case) -> dict[str, float]:
    """The same posterior by enumeration: odds of each mode alone, times its evidence (docs/tracing/library.md)."""
    states = {factor.key: factor for factor in case.factors}
    weights: dict[str, float] = {}
    for mode in case.modes:
        leak, stays = LEAK * mode.share, 1.0
        for key, times in mode.raises.items():
            strength = min(STRONGEST, (times - 1) * leak / (1 - leak))
            known = states[key].present
            stays *= 1 - strength * (min(max(states[key].usual, 0.001), SUREST) if known is None else float(known))
        chance = 1 - (1 - leak) * stays
        weights[mode.key] = chance / (1 - chance)
    likelihood = {mode.key: _likelihood(case, mode, signs=False) for mode in case.modes}
    signs = {mode.key: _likelihood(case, mode, signs=True) for mode in case.modes}
    for place in case.places:
        mine = [mode for mode in case.modes if mode.place == place]
        shares = sum(mode.share for mode in mine)
        fit = sum(mode.share * signs[mode.key] for mode in mine) / shares if mine else 1.0
        for mode in mine:
            weights[mode.key] *= case.places[place] * likelihood[mode.key] * signs[mode.key] / fit
    unlisted = Mode("", "", 1.0)
    weights["unknown"] = LEAK / (1 - LEAK) * case.unknown * _likelihood(case, unlisted, signs=False)
    total = sum(weights.values())
    return {key: weight / total for key, weight in weights.items()}


def _likelihood(case: Case, mode: Mode, *, signs: bool) -> float:
    out = 1.0
    for finding in case.findings:
        if finding.true is None or (finding.place is not None) != signs:
            continue
        if signs and finding.place != mode.place:
            continue
        chance = float(np.clip(mode.shows.get(finding.key, finding.otherwise), 1 - SUREST, SUREST))
        out *= (chance if finding.true else 1 - chance) / (NO_WORD if signs else 1.0)
    return out


@given(cases())
@settings(max_examples=60, deadline=None)
def test_the_network_gives_what_enumeration_gives_and_sums_to_one(case: Case) -> None:
    fused, expected = fuse(case), by_hand(case)
    assert {**fused.modes, "unknown": fused.unknown} == pytest.approx(expected, abs=1e-9)
    assert sum(fused.modes.values()) + fused.unknown == pytest.approx(1.0)


@given(cases(), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_order_in_which_evidence_comes_changes_nothing(case: Case, random: Any) -> None:
    mixed = {name: random.sample(list(getattr(case, name)), len(getattr(case, name))) for name in
             ("modes", "factors", "findings")}  # fmt: skip
    one, other = fuse(case), fuse(replace(case, **mixed))
    assert one.modes == pytest.approx(other.modes, abs=1e-9)
    assert one.explained == pytest.approx(other.explained, abs=1e-9)
    assert [q.key for q in one.questions] == [q.key for q in other.questions]


@given(cases(), st.data())
@settings(max_examples=60, deadline=None)
def test_a_sign_that_is_seen_never_lowers_the_mode_it_points_to_most(case: Case, data: st.DataObject) -> None:
    mode = data.draw(st.sampled_from(list(case.modes)))
    finding = next((f for f in case.findings if f.key in mode.shows and f.place in (None, mode.place)), None)
    if finding is None:
        return
    rivals = [m.shows.get(finding.key, finding.otherwise) for m in case.modes if finding.place in (None, m.place)]
    if mode.shows[finding.key] < max([*rivals, *([] if finding.place else [finding.otherwise])]):
        return

    def with_it(true: bool | None) -> float:
        findings = [replace(f, true=true) if f.key == finding.key else f for f in case.findings]
        return fuse(replace(case, findings=findings)).modes[mode.key]

    assert with_it(True) >= with_it(None) - 1e-9 >= with_it(False) - 2e-9


@given(cases())
@settings(max_examples=30, deadline=None)
def test_signs_leave_the_place_where_the_engine_put_it(case: Case) -> None:
    silent = replace(case, factors=[], modes=[replace(mode, raises={}, share=0.01) for mode in case.modes])
    silent = replace(silent, findings=[f for f in case.findings if f.place is not None])
    blind = replace(silent, findings=[])

    def by_place(one: Case) -> dict[str, float]:
        found = fuse(one).modes
        return {p: sum(found[m.key] for m in one.modes if m.place == p) for p in one.places}

    assert by_place(silent) == pytest.approx(by_place(blind), abs=1e-6)


def _two() -> Case:
    modes = [
        Mode("a/worn", "a", 0.5, {"a/overdue": 3.0}, {"q": 0.9}),
        Mode("a/wrong", "a", 0.5, {}, {"q": 0.2}),
    ]
    return Case({"a": 0.9}, 0.1, modes, [Factor("a/overdue", True)], [Finding("q", None, 0.5)])


def test_no_to_a_check_lowers_what_would_have_shown_it_and_yes_raises_it() -> None:
    open_, yes, no = (fuse(replace(_two(), findings=[Finding("q", a, 0.5)])) for a in (None, True, False))
    assert yes.modes["a/worn"] > open_.modes["a/worn"] > no.modes["a/worn"]
    assert open_.questions[0].key == "q" and open_.questions[0].gain > 0.2
    assert not yes.questions


def test_a_question_that_was_asked_stays_while_it_tells_something() -> None:
    case = _two()
    modes = [replace(case.modes[0], shows={"q": 0.9, "better": 0.95, "idle": 0.5}), case.modes[1]]
    asked = [Finding("q", None, 0.5), Finding("better", None, 0.05), Finding("idle", None, 0.5)]
    many = replace(case, modes=modes, findings=asked)
    assert [one.key for one in fuse(many, 1).questions] == ["better"]
    assert [one.key for one in fuse(many, 1, waiting={"q", "idle"}).questions] == ["q"]


def test_a_factor_explains_what_would_go_elsewhere_without_it() -> None:
    case = _two()
    there, gone = fuse(case), fuse(replace(case, factors=[Factor("a/overdue", False)]))
    assert there.explained["a/overdue"] == pytest.approx(there.modes["a/worn"] - gone.modes["a/worn"])
    assert gone.explained == {}
    nobody_knows = fuse(replace(case, factors=[Factor("a/overdue", None, 0.3)])).modes["a/worn"]
    assert gone.modes["a/worn"] < nobody_knows < there.modes["a/worn"]


def test_without_modes_or_places_everything_is_unknown() -> None:
    assert fuse(Case({}, 1.0)).unknown == 1.0
    assert fuse(Case({"a": 0.0}, 0.2, [Mode("a/x", "a", 1.0)])).unknown == 1.0


def test_inference_loads_neither_drawing_nor_learning_and_nobody_loads_it_who_does_not_trace() -> None:
    code = (
        "import sys, backend.tracing.library.fusing; assert 'pyagrum' not in sys.modules; "
        "from backend.tracing.engine.fusion import Case, Mode, fuse; "
        "fuse(Case({'a': 1.0}, 0.1, [Mode('a/x', 'a', 1.0)])); "
        "assert 'pyagrum' in sys.modules; "
        "assert not {'matplotlib', 'sklearn', 'pydot', 'pandas'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def _window(columns: dict[str, np.ndarray]) -> Window:
    rows = len(next(iter(columns.values())))
    return Window.of(np.arange(rows, dtype=float), list(columns), np.column_stack(list(columns.values())))


def test_each_way_of_behaving_is_called_by_its_name() -> None:
    rng = np.random.default_rng(4)
    before, after = 300, 60
    calm = rng.normal(size=(before + after, 6))
    ramp = np.concatenate([np.zeros(before), np.linspace(0, 12, after)])
    jump = np.concatenate([np.zeros(before), np.full(after, 8.0)])
    swing = np.concatenate([np.zeros(before), 9 * np.sin(np.arange(after) * 0.9)])
    stuck = calm[:, 3].copy()
    stuck[before:] = stuck[before]
    blank = calm[:, 5].copy()
    blank[before:] = np.nan
    window = _window({"drifts": calm[:, 0] + ramp, "steps": calm[:, 1] - jump, "swings": calm[:, 2] + swing,
                      "stuck": stuck, "calm": calm[:, 4], "blank": blank})  # fmt: skip
    normal = learn_normal(window.between(0, before))
    found = {one.point: set(one.shapes) for one in behaviours(window, normal, float(before))}
    assert {Shape.HIGH, Shape.MOVED, Shape.DRIFT} <= found["drifts"]
    assert {Shape.LOW, Shape.MOVED, Shape.STEP} <= found["steps"] and Shape.FLUCTUATING not in found["steps"]
    assert Shape.FLUCTUATING in found["swings"]
    assert found["stuck"] == {Shape.STUCK}
    assert found["calm"] == set() and found["blank"] == set()


def test_behaviour_does_not_depend_on_units_and_lives_with_nothing() -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(size=(200, 3)) + np.where(np.arange(200)[:, None] > 150, [6.0, 0.0, -6.0], 0.0)
    one = Window.of(np.arange(200.0), ["a", "b", "c"], values)
    other = Window.of(np.arange(200.0), ["a", "b", "c"], values * [1000, 0.001, 7] + [5, -3, 0])
    shapes = [
        [b.shapes for b in behaviours(window, learn_normal(window.between(0, 150)), 150.0)] for window in (one, other)
    ]
    assert shapes[0] == shapes[1]
    empty = Window.of([], ["a"], np.zeros((0, 1)))
    assert behaviours(empty, learn_normal(_window({"a": values[:, 0]})), None) == ()
