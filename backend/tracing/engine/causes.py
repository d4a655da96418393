"""Ranking root causes: everything that speaks for a point is summed as log evidence, then made a probability.

Terms, each a general idea: what graph parents leave unexplained (CIRCA, Li et al., KDD 2022); how much of the
early deviation lies downstream (coverage, in the spirit of random-walk localisation, Wu et al., NOMS 2020);
likeness to the symptom over time (PetShop, Hardt et al., CLeaR 2024); being explained by a deviating parent;
events before alarms (events.py). With few rows regressions say little, so size and likeness weigh instead.
The weights were chosen on the development cases (docs/tracing/root.md shows what each term brings).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from .compensation import Follower, behind_leaders, followers
from .deviation import Z_MOST, Deviations
from .events import EventEvidence
from .graph import LinkKind, NodeKind, PlantGraph
from .normal import Normal
from .unmeasured import Unmeasured, unmeasured_units
from .window import Floats

EARLY_WEIGHT, LASTING_WEIGHT, LASTING_ALONE = 0.4, 0.6, 0.1
COVERAGE_WEIGHT, COVERAGE_FLOOR, COVERAGE_DECAY, COVERAGE_HOPS = 1.0, 0.03, 0.7, 3
SIZE_WEIGHT, LIKENESS_WEIGHT, EXPLAINED_WEIGHT = 2.0, 1.0, 0.7
SAME_QUANTITY_WEIGHT, PRESENCE_WEIGHT = 3.0, 1.0
SELF_LIKENESS = 2 / 3
LEADER_RIGHT = 0.9  # of two points of a broken control loop, so often the one that led is where it began
EVENT_WEIGHT, EVENT_SHARE = 8.0, 0.95
ROWS_FOR_REGRESSION = 15.0
UNIT_WEIGHT = 0.3
LEAST_TEMPERATURE, FEW_ROWS_TEMPERATURE, FEW_ROWS, EVENT_TEMPERATURE = 0.11, 2.6, 8.0, 0.6
DOUBT, DOUBT_TEMPERATURE = 0.1, 1.5
"""Probability that the weights mislead in this case, and how little a score then tells. Without it the second cause
would stand at one in millions, and neither a person who rules out the first nor a prior could move that."""
UNKNOWN_SHARE = 0.08  # probability that the cause is neither a point nor a unit of the plant graph


@dataclass(frozen=True, eq=False)
class Ranking:
    """Arrays have one entry a point; `barred` points (alarms) have probability 0."""

    score: Floats
    probability: Floats
    likeness: Floats
    coverage: Floats
    strongest_parent: tuple[int | None, ...]
    explained: Floats
    unmeasured: tuple[Unmeasured, ...] = ()
    unmeasured_probability: Floats = field(default_factory=lambda: np.zeros(0))
    following: tuple[Follower, ...] = ()


def rank(
    normal: Normal,
    graph: PlantGraph,
    found: Deviations,
    events: EventEvidence,
    parents: Mapping[str, Sequence[str]],
    target: str | None,
    barred: Sequence[str],
    prior: Mapping[str, float] | None = None,
) -> Ranking:
    """Weigh every point, and every unit that nobody measures, as root cause of `target` or of the whole deviation.

    `prior`: log-priors by point or unit; that of a unit counts for each of its points. They move probabilities; scores
    tell what the readings say."""
    points = normal.points
    adjacency = _adjacency(points, parents)
    likeness = _likeness(found, points.index(target)) if target in points else np.ones(len(points))
    weight = np.log1p(np.maximum(found.moved - 1, 0)) * likeness
    coverage = _coverage(adjacency, weight)
    size = np.log1p(found.peak) * likeness
    explained, strongest = _explained(adjacency, size)
    rows = max(len(found.z) - found.start, 0)
    regression = rows**2 / (rows**2 + ROWS_FOR_REGRESSION**2)
    lasting = LASTING_WEIGHT if found.drawn else LASTING_ALONE
    score = regression * (EARLY_WEIGHT * _log(found.early) + lasting * _log(_own_doing(graph, points, found)))
    score += COVERAGE_WEIGHT * np.log(COVERAGE_FLOOR + coverage) + PRESENCE_WEIGHT * np.log(normal.presence + 0.02)
    score += (1 - regression) * (SIZE_WEIGHT * np.log(size + 0.05) - EXPLAINED_WEIGHT * explained)
    if target is not None:
        score += LIKENESS_WEIGHT * np.log(likeness + 0.05) + _ties_to(graph, points, target)
    score += UNIT_WEIGHT * _unit_mean(score, [graph.unit_of(name) for name in points])
    following = tuple(followers(normal, graph, found))
    clear = min(2 * float(events.score.max(initial=0.0)), 1.0)
    temperature = _temperature(rows, clear)
    score = behind_leaders(score, following, temperature * np.log(LEADER_RIGHT / (1 - LEADER_RIGHT)))
    if events.alarms:
        # Where alarms have a clear cause among the events, courses over time say little beside it.
        score = (1 - EVENT_SHARE * clear) * score + EVENT_WEIGHT * (events.score - events.score.max(initial=0.0))
    shut = np.array([name in set(barred) for name in points], bool)
    guessed = unmeasured_units(graph, points, score, found.moved, shut)
    judged = np.concatenate((np.where(shut, -np.inf, score), [unit.score for unit in guessed]))
    odds = _prior_of(graph, points, [unit.unit for unit in guessed], prior or {})
    probability = _probability(judged, temperature, odds)
    return Ranking(
        score,
        probability[: len(points)],
        likeness,
        coverage,
        strongest,
        explained,
        tuple(guessed),
        probability[len(points) :],
        following,
    )


def _prior_of(graph: PlantGraph, points: Sequence[str], guessed: Sequence[str], prior: Mapping[str, float]) -> Floats:
    """Log-priors of the points, then of the unmeasured units."""
    units = [graph.unit_of(name) for name in points]
    own = [prior.get(n, 0.0) + prior.get(u or "", 0.0) * (u != n) for n, u in zip(points, units, strict=True)]
    return np.array([*own, *(prior.get(unit, 0.0) for unit in guessed)])


def _own_doing(graph: PlantGraph, points: Sequence[str], found: Deviations) -> Floats:
    """What lasts at each point; at an actuator that a controller moves, no more than entered there early: what stays
    is the controller's answer to a cause elsewhere."""
    moved = [
        node is not None
        and node.kind is NodeKind.ACTUATOR
        and any(link.kind is LinkKind.CONTROL for link in graph.links_to(name))
        for name, node in ((name, graph.node(name)) for name in points)
    ]
    return np.where(moved, np.minimum(found.lasting, found.early), found.lasting)


def _log(size: Floats) -> Floats:
    return np.log(np.clip(size, 1e-2, Z_MOST))


def _unit_mean(score: Floats, units: Sequence[str | None]) -> Floats:
    """Log of the mean evidence of all points of a point's unit: what several points of one unit say is surer."""
    out = np.array(score)
    members: dict[str, list[int]] = {}
    for column, unit in enumerate(units):
        if unit is not None:
            members.setdefault(unit, []).append(column)
    for columns in members.values():
        top = float(score[columns].max())
        out[columns] = top + np.log(np.exp(score[columns] - top).mean())
    return out


def _adjacency(points: Sequence[str], parents: Mapping[str, Sequence[str]]) -> Floats:
    """Parent × child, 1 where the graph says so."""
    place = {name: column for column, name in enumerate(points)}
    links = np.zeros((len(points), len(points)))
    for child, above in parents.items():
        for parent in above:
            if parent in place and child in place:
                links[place[parent], place[child]] = 1.0
    return links


def _coverage(adjacency: Floats, weight: Floats) -> Floats:
    """Share of all deviation found downstream of each point, by hops with decay."""
    reached = np.eye(len(weight), dtype=bool)
    front, gathered = np.eye(len(weight), dtype=np.float32), np.zeros(len(weight))
    links = adjacency.astype(np.float32)
    for hop in range(1, COVERAGE_HOPS + 1):
        front = ((front @ links > 0) & ~reached).astype(np.float32)
        reached |= front > 0
        gathered += COVERAGE_DECAY**hop * (front @ weight)
    coverage = gathered / (float(weight.sum()) + 1e-9)
    linked = (adjacency.sum(0) + adjacency.sum(1)) > 0
    # A point that nobody drew a link to or from may reach anything: neither for nor against it.
    return np.where(linked, coverage, coverage[linked].mean()) if linked.any() else coverage


def _likeness(found: Deviations, target: int) -> Floats:
    """Cosine between the course of each point's deviation and the symptom's, since the start.

    That the symptom is like itself says nothing for or against it: it gets what a third of the others surpass."""
    course = np.log1p(np.abs(found.z[found.start :]))
    if not len(course):
        return np.ones(found.z.shape[1])
    course = course - course.min(0)
    symptom = course[:, target]
    norm = np.sqrt((course * course).sum(0) * float((symptom * symptom).sum()) + 1e-9)
    likeness = np.asarray((course * symptom[:, None]).sum(0) / norm)
    likeness[target] = np.quantile(np.delete(likeness, target), SELF_LIKENESS) if len(likeness) > 1 else 1.0
    return likeness


def _explained(adjacency: Floats, size: Floats) -> tuple[Floats, tuple[int | None, ...]]:
    """0 … 1: how far the strongest deviating parent is as large as the point itself, and which it is."""
    above = adjacency * size[:, None]
    strongest = above.argmax(0) if len(size) else np.zeros(0, int)
    most = above.max(0) if len(size) else np.zeros(0)
    share = np.minimum(most / np.maximum(size, 1e-6), 1.0)
    return share, tuple(int(p) if m > 0 else None for p, m in zip(strongest, most, strict=True))


def _ties_to(graph: PlantGraph, points: Sequence[str], target: str) -> Floats:
    """Prior from the plan: equal quantities compare.

    A quantity counts when at least two units have it: labels that are all different are no quantities."""
    symptom = graph.node(target)
    quantity = symptom.quantity if symptom else None
    sharing = {node.unit for node in graph.nodes() if node.quantity == quantity}
    known = quantity is not None and len(sharing) > 1
    nodes = [graph.node(name) for name in points]
    alike = np.array([known and node is not None and node.quantity == quantity for node in nodes], float)
    itself = np.array([name == target for name in points], float)
    return np.asarray(SAME_QUANTITY_WEIGHT * alike * (1 - itself))


def _temperature(rows: int, clear: float) -> float:
    """By what a score is divided before it is a probability: less can be told from few rows.

    Fitted to how often first causes were right (docs/tracing/root.md has the reliability table): 0.25 at ten rows,
    0.12 at two hundred, 0.6 where the events before a plant alarm decide."""
    courses = LEAST_TEMPERATURE + FEW_ROWS_TEMPERATURE / (FEW_ROWS + rows)
    return courses + (EVENT_TEMPERATURE - courses) * clear


def _probability(score: Floats, temperature: float, prior: Floats) -> Floats:
    """Softmax with a share of doubt, times the priors. What stays for a cause that nobody thought of is the same
    whatever the readings say, since they can't tell that it is missing; only who rules causes out makes it likelier."""
    if not len(score) or not np.isfinite(score).any():
        return np.zeros(len(score))
    behind = score - score[np.isfinite(score)].max()
    sure, doubtful = (np.exp(behind / divisor) for divisor in (temperature, DOUBT_TEMPERATURE))
    weight = (1 - DOUBT) * sure / sure.sum() + DOUBT * doubtful / doubtful.sum()
    top = max(float(prior.max()), 0.0)
    weight = (1 - UNKNOWN_SHARE) * weight * np.exp(prior - top)
    return np.asarray(weight / (weight.sum() + UNKNOWN_SHARE * np.exp(-top)))
