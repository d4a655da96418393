"""Arrivals lie within their interval as often as it says."""

import numpy as np
import pytest

from backend.tracing.engine import Link, LinkKind, Node, PlantGraph, impact, learn_normal
from backend.tracing.engine.arrival import SHARE, learn_pace
from backend.tracing.engine.window import Floats
from tests.tracing.synthetic import STEP_S, chain

NONE: Floats = np.zeros(0)


def covered(shared: float, own: float, blind: float, seed: int, plants: int = 120) -> tuple[int, int]:
    """How many arrivals lay within their interval, of how many, on made-up plants whose drawing is wrong by a shared
    and an own factor, asked at a random moment; three in ten points never move."""
    rng = np.random.default_rng(seed)
    hit = asked = 0
    for _ in range(plants):
        plan = np.exp(rng.normal(4, 1, rng.integers(5, 30)))
        real = plan * np.exp(rng.normal(0, shared) + rng.normal(0, own, len(plan)))
        comes = rng.random(len(plan)) > 0.3
        now = float(np.quantile(real, rng.uniform(0, 0.8)))
        here = (real <= now) & comes
        waited = np.full(int((~here).sum()), now)
        pace = learn_pace(plan[here], real[here], plan[~here], waited, blind)
        earliest, likely, latest = pace.arrivals(plan[~here], waited)
        assert (earliest <= likely).all() and (likely <= latest).all()
        inside = (earliest <= real[~here]) & (real[~here] <= latest)
        hit, asked = hit + int(inside[comes[~here]].sum()), asked + int(comes[~here].sum())
    return hit, asked


def test_about_four_of_five_arrivals_lie_within_their_interval() -> None:
    plants = [(0.3, 0.2, 0.0), (0.3, 0.5, 0.0), (0.0, 0.1, 0.0), (1.0, 0.3, 1.0), (1.2, 0.2, 1.0)]
    found = [covered(*plant, seed=seed) for seed, plant in enumerate(plants)]
    assert sum(hit for hit, _ in found) / sum(asked for _, asked in found) == pytest.approx(SHARE, abs=0.05)
    assert all(hit / asked > SHARE - 0.15 for hit, asked in found)


def test_the_pace_shown_so_far_corrects_a_drawing_that_is_twice_too_slow() -> None:
    plan = np.array([10.0, 20.0, 40.0, 80.0])
    shown = learn_pace(plan, plan / 2, NONE, NONE).arrivals(np.array([100.0]), np.array([40.0]))
    unknown = learn_pace(NONE, NONE, NONE, NONE).arrivals(np.array([100.0]), np.array([0.0]))
    assert shown[1][0] == pytest.approx(52, abs=6) and shown[2][0] < 85
    assert unknown[1][0] == pytest.approx(100, rel=0.1) and unknown[0][0] < 70 and unknown[2][0] > 140


def test_what_is_overdue_arrives_after_now_however_long_it_is_overdue() -> None:
    earliest, likely, latest = learn_pace(NONE, NONE, NONE, NONE).arrivals(np.array([1.0]), np.array([1e6]))
    assert 1e6 <= earliest[0] <= likely[0] <= latest[0] < np.inf


@pytest.mark.parametrize("drawn", [True, False])
def test_arrivals_foretold_from_readings_come_within_their_interval(drawn: bool) -> None:
    """Chains whose drawn delays are wrong by a factor of about a half to two, or that have none drawn."""
    rng = np.random.default_rng(7)
    hits: list[bool] = []
    for _ in range(12):
        delays = [int(rows) for rows in rng.integers(3, 25, 6)]
        wrong = np.exp(rng.normal(0, 0.3) + rng.normal(0, 0.2, 6))
        links = [
            Link(f"P{n}", f"P{n + 1}", LinkKind.MATERIAL, float(rows * STEP_S * wrong[n]) if drawn else None)
            for n, rows in enumerate(delays)
        ]
        graph = PlantGraph([Node("BY")], links)
        arrives = 250 + np.cumsum([0, *delays])
        now = int(rng.integers(258, arrives[-1] - 2))
        window = chain(delays, rows=now, fault_at=250, seed=int(rng.integers(10**6)))
        normal = learn_normal(chain(delays, rows=400, seed=int(rng.integers(10**6))))
        for item in impact(window, normal, graph, ["P0"]):
            if item.path and not item.moving:
                real = (float(arrives[int(item.node[1:])]) - now + 1) * STEP_S
                hits.append(item.arrival_earliest_s <= real <= item.arrival_latest_s)
    assert len(hits) > 25 and sum(hits) / len(hits) > 0.72
