"""What a switch that is about to fail would set off, from what its links led to in normal work.

A switch can only go to its other value. If those it acts on have stood with that very combination of switches
before and kept still, they will keep still again; a combination never seen is what alarms are made for. The more
combinations are possible that were never seen, the less it says that this one wasn't either. A combination seen in
one row only may be a passing one, during which nothing had time to happen: it counts half, two rows two thirds. And
where a command acts on both the switch and its alarm, that alarm watches whether the switch follows: a combination
that was only ever passed through is new to it once it stays.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from .graph import PlantGraph
from .normal import Normal
from .window import Floats, Window, carried_forward

SWITCH_VALUES = 2
KEPT_STILL = 0.3  # share of its strength that a link keeps if it did nothing in the same combination before
MOST_SWITCHES = 10
PASSING_ROWS = 5


def weakened_links(
    window: Window, normal: Normal, graph: PlantGraph, sources: Sequence[str], moved: Sequence[str], until: int
) -> dict[int, float]:
    """Factors on the strength of links from `sources` that are switches, by the link's place in the network.

    `moved`: sources that have left normal already, so that their present value is the new one; rows before `until`
    are normal work."""
    place = {name: column for column, name in enumerate(normal.points)}
    values = carried_forward(window.values, normal.median)
    history = values[:until]
    if not len(history):
        return {}
    switches = {name for name, column in place.items() if len(np.unique(history[:, column])) <= SWITCH_VALUES}
    changed = {
        name: _other(history[:, place[name]], values[-1, place[name]], name in moved)
        for name in sources
        if name in switches and name in graph
    }
    out: dict[int, float] = {}
    for name in changed:
        number = graph.number(name)
        for link in graph.network.links_of(number) if number is not None else ():
            child = graph.names[int(graph.network.target[link])]
            if child in switches and child not in changed:
                above = [p for p in dict.fromkeys(graph.parents(child)) if p in switches][:MOST_SWITCHES]
                if name in above:
                    watched = bool(set(graph.parents(name)) & set(graph.parents(child)))
                    out[link] = _factor(history, values[-1], place, above, place[child], changed, watched)
    return out


def _other(history: Floats, now: float, moved: bool) -> float:
    """The value the switch will have: as it is if it has moved, else the other one, or one never seen."""
    if moved:
        return float(now)
    return next((float(value) for value in np.unique(history) if value != now), float(np.inf))


def _factor(
    history: Floats,
    now: Floats,
    place: Mapping[str, int],
    above: Sequence[str],
    child: int,
    changed: Mapping[str, float],
    watched: bool,
) -> float:
    columns = [place[name] for name in above]
    wanted = np.array([changed.get(name, now[place[name]]) for name in above])
    past = history[:, columns]
    same = (past == wanted).all(1)
    seen = 0.0 if watched and _longest_run(same) <= PASSING_ROWS else float(same.sum())
    follows = float((history[same, child] != now[child]).mean()) if seen else 0.0
    possible = float(np.prod([max(len(np.unique(column)), SWITCH_VALUES) for column in past.T]))
    unheard = 1 - len(np.unique(past, axis=0)) / possible
    if_new = 1 - (1 - KEPT_STILL) / 2 * min(max(unheard, 0.0), 1.0)
    if_known = KEPT_STILL + (1 - KEPT_STILL) * follows
    return (if_new + seen * if_known) / (1 + seen)


def _longest_run(marks: np.ndarray) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marks, [False]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))
