"""Made-up control loops whose root we know: a controlled flow or level, its valve, and what lies below."""

import numpy as np

from backend.tracing.engine import Link, LinkKind, Node, NodeKind, PlantGraph, Window

ROWS, FAULT_AT, NORMAL_ROWS = 700, 620, 500
POINTS = ["held", "valve", "below", "last", "bystander"]
GRAPH = PlantGraph(
    [
        Node("held", unit="feed"),
        Node("valve", NodeKind.ACTUATOR, unit="feed"),
        *(Node(name, unit=name) for name in POINTS[2:]),
    ],
    [
        Link("valve", "held"),
        Link("held", "valve", LinkKind.CONTROL),
        Link("held", "below"),
        Link("below", "last"),
    ],
)


def loop(fault: str, *, cascade: float = 0.0, level: bool = False, seed: int = 1, rows: int = ROWS) -> Window:
    """A valve held by proportional and integral action, clipped to 0 … 100 %.

    ``fault``: "lost" (what is held fails, and the valve can't make up for it) or "opened" (the valve goes where the
    controller doesn't want it). ``cascade``: how much the set point moves by itself; ``level``: what is held
    integrates and the valve empties it."""
    rng = np.random.default_rng(seed)
    out = np.zeros((rows, 5))
    held, valve, total, point, slow = 50.0, 50.0, 0.0, 0.0, np.zeros(3)
    for row in range(rows):
        broken = fault if row >= FAULT_AT else ""
        point = 0.9 * point + cascade * rng.normal()
        error = 50.0 + point - held
        total += 0.1 * error
        wanted = 50.0 + (-1 if level else 1) * (0.4 * error + total)
        valve = float(np.clip(wanted if broken != "opened" else 85.0, 0, 100))
        disturbed = rng.normal(0, 0.5) - (25.0 if broken == "lost" else 0.0)
        if level:
            held = held + 0.05 * (50.0 - valve) + 0.2 * disturbed
        else:
            held = 0.3 * held + 0.7 * (valve * (0.1 if broken == "lost" else 1.0)) + rng.normal(0, 0.5)
        slow[0] = 0.8 * slow[0] + 0.2 * (held - 50) + rng.normal(0, 0.1)
        slow[1] = 0.8 * slow[1] + 0.2 * slow[0] + rng.normal(0, 0.1)
        slow[2] = 0.8 * slow[2] + rng.normal(0, 0.1)
        out[row] = [held + rng.normal(0, 0.1), valve + rng.normal(0, 0.05), *slow]
    return Window.of(np.arange(float(rows)), POINTS, out)
