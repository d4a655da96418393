"""Control loops in which both sides stay far from normal: which of the two moved because the other did.

A controller moves its actuator on the error of what it controls, until the error is gone. Where the error stays, the
actuator answers in vain, and the coupling of the two breaks at both: what parted them says nothing of where. Or the
actuator went by itself (by hand, stuck), and what it acts on followed. Time tells: what moved first began no later,
and was sooner where it stays, since integral action goes on as long as the error does, and since what follows lags.
How long a course takes to get where it stays is measured by its average residence time (area method: Åström &
Hägglund, PID Controllers (1995), ch. 2). Against what normal work showed of the two (a valve opens, its flow rises;
the valve opens and the flow falls) an actuator doesn't lead.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .deviation import Deviations
from .graph import LinkKind, NodeKind, PlantGraph
from .normal import Normal
from .window import Floats

CLEAR_Z = 3.0
SOONER = 0.2
"""By which share of the longer residence time the shorter must be below it: noise doesn't tell who is first."""
GETS, NOISE_Z = 0.9, 2.0
KNOWN_SIGN = 0.5
"""A correlation in normal work that is weaker doesn't say which way the two go together."""


@dataclass(frozen=True, slots=True)
class Follower:
    """Columns: `point` moved because `leader` did, and stays away with it."""

    point: int
    leader: int


def followers(normal: Normal, graph: PlantGraph, found: Deviations) -> list[Follower]:
    """For every actuator of a control loop out of which both went: it follows the controlled point that moved most of
    those it answers to; or else what it acts on directly follows it."""
    place = {name: column for column, name in enumerate(normal.points)}
    out = []
    for name, column in place.items():
        node = graph.node(name)
        if node is None or node.kind is not NodeKind.ACTUATOR:
            continue
        held = [place[c] for c in controlled_by(graph, name) if c in place]
        answered = [c for c in held if _leads(found, c, column) and _together(normal, found, column, c) <= 0]
        acted_on = [c for c in held if name in graph.parents(normal.points[c])]
        if answered:
            out.append(Follower(column, max(answered, key=lambda c: float(found.peak[c]))))
        else:
            out += [
                Follower(c, column)
                for c in acted_on
                if _leads(found, column, c) and _together(normal, found, column, c) >= 0
            ]
    return out


def controlled_by(graph: PlantGraph, actuator: str) -> Sequence[str]:
    """What a controller holds by this actuator."""
    return [link.source for link in graph.links_to(actuator) if link.kind is LinkKind.CONTROL]


def behind_leaders(score: Floats, found: Sequence[Follower], against: float) -> Floats:
    """The scores, with what speaks for a follower given to its leader too: what broke their coupling entered there. The
    follower stands at least `against` behind."""
    out = np.array(score)
    for pair in found:
        out[pair.leader] = max(out[pair.leader], out[pair.point])
        out[pair.point] = min(out[pair.point], out[pair.leader] - against)
    return out


def _leads(found: Deviations, leader: int, point: int) -> bool:
    first, after = found.z[found.start :, leader], found.z[found.start :, point]
    if not len(first) or min(abs(first.mean()), abs(after.mean())) < CLEAR_Z:
        return False
    began, followed = found.onsets[leader], found.onsets[point]
    if began is None or (followed is not None and began.row > followed.row):
        return False
    sooner, later = _residence(first), _residence(after)
    return sooner < later - SOONER * max(sooner, later)


def _together(normal: Normal, found: Deviations, one: int, other: int) -> int:
    """1: the two moved as they go together in normal work, −1: against it, 0: it isn't known how they go."""
    usual = float(normal.moments[one, other]) if normal.moments.size else 0.0
    if abs(usual) < KNOWN_SIGN:
        return 0
    means = found.z[found.start :, [one, other]].mean(0)
    return int(np.sign(usual * means[0] * means[1]))


def _residence(course: Floats) -> float:
    """Rows until a course is where it goes, on average: the area between it and where it goes, by its size, beyond
    what noise alone leaves."""
    size = np.abs(course)
    goes = float(np.quantile(size, GETS))
    return float(np.clip(1 - (size + NOISE_Z) / goes, 0, 1).sum())
