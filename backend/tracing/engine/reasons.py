"""From the numbers of a ranking to what speaks for and against one cause."""

from dataclasses import dataclass

import numpy as np

from .causes import Ranking
from .compensation import controlled_by
from .deviation import Deviations
from .events import EventEvidence
from .explanation import Evidence, Explanation, Reason
from .graph import NodeKind, PlantGraph
from .normal import Normal
from .unmeasured import Unmeasured
from .window import Window

CLEAR_Z = 3.0
CLEAR_SHARE = 0.5
SELDOM = 0.5


@dataclass(frozen=True, eq=False)
class Case:
    """All that is known when a cause is explained; `target_known`: the symptom was named by the asker."""

    window: Window
    normal: Normal
    graph: PlantGraph
    found: Deviations
    ranking: Ranking
    events: EventEvidence
    symptom: str | None
    target_known: bool


def explain(case: Case, column: int) -> Explanation:
    """What speaks for and against the point in this column as root cause."""
    supports = [*_in_time(case, column, for_it=True), *_by_size(case, column), *_by_place(case, column)]
    against = [*_in_time(case, column, for_it=False), *_doubts(case, column), *_loop(case, column)]
    return Explanation(tuple(supports), tuple(against), _unmeasured_above(case, column))


def explain_unmeasured(case: Case, guess: Unmeasured) -> Explanation:
    """What speaks for a unit that nobody measures: the points downstream of it that look like roots."""
    found, likest = case.found, sorted(guess.columns, key=lambda column: -case.ranking.score[column])[:3]
    names = tuple(case.normal.points[column] for column in likest)
    share = min(float(case.ranking.coverage[list(guess.columns)].max()), 1.0)
    supports = [Evidence(Reason.NOT_MEASURED, float(len(guess.columns)), names)]
    if share >= 0.1:
        supports.append(Evidence(Reason.REACHES_DEVIATING, share))
    strongest = max(float(found.peak[column]) for column in guess.columns)
    against = [Evidence(Reason.WEAK, strongest)] if strongest < CLEAR_Z else []
    return Explanation(tuple(supports), tuple(against), (guess.unit,))


def _in_time(case: Case, column: int, for_it: bool) -> list[Evidence]:
    onset = case.found.onsets[column]
    if onset is None:
        return []
    others = [o.row for c, o in enumerate(case.found.onsets) if o is not None and c != column]
    seconds = case.window.step_s
    out = []
    if for_it and others and onset.row < min(others):
        out.append(Evidence(Reason.MOVED_FIRST, (min(others) - onset.row) * seconds))
    symptom = case.normal.points.index(case.symptom) if case.symptom else column
    seen = case.found.onsets[symptom]
    if seen is not None and symptom != column:
        ahead = (seen.row - onset.row) * seconds
        if for_it and ahead > 0:
            out.append(Evidence(Reason.MOVED_BEFORE_SYMPTOM, ahead, (case.normal.points[symptom],)))
        if not for_it and ahead < 0:
            out.append(Evidence(Reason.MOVED_AFTER_SYMPTOM, -ahead, (case.normal.points[symptom],)))
    return out


def _by_size(case: Case, column: int) -> list[Evidence]:
    found, out = case.found, []
    unexplained = max(float(found.early[column]), float(found.lasting[column]))
    if unexplained >= CLEAR_Z:
        out.append(Evidence(Reason.UNEXPLAINED, unexplained))
    after = found.z[found.start :, column]
    if len(after) and found.peak[column] >= CLEAR_Z:
        out.append(Evidence(Reason.DEVIATES, float(after[np.abs(after).argmax()])))
    return out


def _by_place(case: Case, column: int) -> list[Evidence]:
    ranking, out = case.ranking, []
    if case.events.alarms and case.events.score[column] >= CLEAR_SHARE:
        alarms = tuple(name for name, _ in case.events.alarms)
        out.append(Evidence(Reason.PRECEDES_ALARM, float(case.events.score[column]), alarms))
    itself = case.normal.points[column] == case.symptom
    if case.target_known and not itself and ranking.likeness[column] >= CLEAR_SHARE:
        out.append(Evidence(Reason.RESEMBLES_SYMPTOM, float(ranking.likeness[column])))
    if ranking.coverage[column] >= 0.1:
        out.append(Evidence(Reason.REACHES_DEVIATING, float(ranking.coverage[column])))
    return out


def _doubts(case: Case, column: int) -> list[Evidence]:
    ranking, name, out = case.ranking, case.normal.points[column], []
    parent = ranking.strongest_parent[column]
    if parent is not None and ranking.explained[column] > CLEAR_SHARE and case.found.peak[parent] >= CLEAR_Z:
        before, own = case.found.onsets[parent], case.found.onsets[column]
        if before is not None and (own is None or before.row <= own.row):
            out.append(
                Evidence(
                    Reason.EXPLAINED_BY_PARENT,
                    float(ranking.explained[column]),
                    (case.normal.points[parent],),
                )
            )
    if case.symptom and name != case.symptom and name in case.graph and not case.graph.path(name, case.symptom):
        out.append(Evidence(Reason.NO_WAY_TO_SYMPTOM, 0.0, (case.symptom,)))
    if case.normal.presence[column] < SELDOM:
        out.append(Evidence(Reason.SELDOM_READ, float(case.normal.presence[column])))
    if case.found.peak[column] < CLEAR_Z:
        out.append(Evidence(Reason.WEAK, float(case.found.peak[column])))
    return out


def _loop(case: Case, column: int) -> list[Evidence]:
    """An actuator moved by a controller answers to what it controls: the disturbance entered there. Not so one that
    what it controls followed."""
    name = case.normal.points[column]
    node = case.graph.node(name)
    if node is None or node.kind is not NodeKind.ACTUATOR:
        return []
    if any(pair.leader == column for pair in case.ranking.following):
        return []
    controlled = tuple(controlled_by(case.graph, name))
    return [Evidence(Reason.COMPENSATES, float(case.found.peak[column]), controlled)] if controlled else []


def _unmeasured_above(case: Case, column: int) -> tuple[str, ...]:
    """Nodes one or two links upstream that have no readings: worth a look on site."""
    measured, name = set(case.normal.points), case.normal.points[column]
    unit = case.graph.unit_of(name)
    first = [*case.graph.parents(name), *(case.graph.parents(unit) if unit else ())]
    second = [above for node in first if node not in measured for above in case.graph.parents(node)]
    blank = [
        n
        for n in (*first, *second)
        if n not in measured and n != unit and not any(m in measured for m in case.graph.members(n))
    ]
    return tuple(dict.fromkeys(blank))[:5]
