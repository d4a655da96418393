"""Rules in memory, by point: the judge's hot path. No IO, no clock.

A value inside a rule's quiet band (``evaluation.quiet_band``) costs three comparisons; all else goes to the
pure evaluation. Several million quiet values a second and process were measured (docs/alarms.md).
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from backend.alarms.deviation import Rows, ScoredRow
from backend.alarms.evaluation import Change, State, Verdict, kept_for, on_time, on_value, quiet_band, waits
from backend.alarms.grouping import Together, watched_together
from backend.alarms.parameters import Deviation, Rate, Silence, limit_names, stored_form
from backend.alarms.queries.watching import LearnedRow, WatchedRule
from backend.telemetry.judging import LiveValue


class Found(NamedTuple):
    """A change that ``AlarmJudge.record`` writes. ``point_id`` is the point to look at first, ``alone`` what that one
    did where a rule over many points speaks of it only (``ScoredRow.alone``)."""

    watched: WatchedRule
    change: Change
    point_id: int | None
    alone: str = ""


class Watch:
    """One rule with what it remembers. ``low`` and ``high`` bound the values that change nothing."""

    __slots__ = ("at", "high", "lag", "low", "rows", "seen", "state", "watched")

    def __init__(self, watched: WatchedRule, state: State) -> None:
        self.watched = watched
        self.at = datetime.fromtimestamp(state.at, UTC)
        self.lag = 0.0
        """Receipt minus device time of the last value, so that delays run on the device's clock."""
        self.seen = state.seen
        self.rows: Rows | None = None
        self.keep(state)

    def found(self, change: Change) -> Found:
        """``change`` with where it comes from: of many points what the latest row tells, if there is one."""
        row = self.rows.last if self.rows is not None else None
        if row is None:
            return Found(self.watched, change, self.watched.point_id)
        return Found(self.watched, change, row.point_id, row.alone)

    def keep(self, state: State) -> None:
        """Remember ``state``."""
        self.state = state
        self.low, self.high = quiet_band(self.watched.rule, state)

    def snapshot(self) -> State:
        """The state to be checkpointed."""
        return msgspec.structs.replace(self.state, at=max(self.state.at, self.at.timestamp()), seen=self.seen)


class WatchList:
    """All rules of this process."""

    def __init__(self) -> None:
        self.watches: dict[int, Watch] = {}
        self.dirty: set[int] = set()
        """Rules whose conditions changed since the last checkpoint."""
        self.aged: set[int] = set()
        """Rules of which only samples or the moment last heard changed: checkpointed now and then."""
        self._by_point: dict[int, tuple[Watch, ...]] = {}
        self._models: dict[int, tuple[Watch, ...]] = {}
        self._silences: list[Watch] = []
        self._scored: list[Watch] = []
        self._waiting: set[int] = set()

    def put(self, watched: Iterable[WatchedRule], states: dict[int, State], normals: dict[int, LearnedRow]) -> None:
        """Replace all rules; a rule goes on from its state. Detectors of an unchanged learned normal are kept."""
        former = self.watches
        self.watches = {w.id: Watch(w, kept_for(w.rule.parameters, states.get(w.id, State()))) for w in watched}
        by_point: dict[int, list[Watch]] = {}
        models: dict[int, list[Watch]] = {}
        for watch in self.watches.values():
            parameters = watch.watched.rule.parameters
            if isinstance(parameters, Deviation):
                known = former.get(watch.watched.id)
                watch.rows = _rows(known.rows if known else None, normals.get(watch.watched.site_id), parameters)
                for point_id in watch.rows.point_ids if watch.rows else ():
                    models.setdefault(point_id, []).append(watch)
            elif watch.watched.point_id is not None:
                by_point.setdefault(watch.watched.point_id, []).append(watch)
        self._by_point = {point: tuple(found) for point, found in by_point.items()}
        self._models = {point: tuple(found) for point, found in models.items()}
        self._silences = [w for w in self.watches.values() if isinstance(w.watched.rule.parameters, Silence)]
        self._scored = [w for w in self.watches.values() if w.rows is not None]
        self._waiting = {id_ for id_, watch in self.watches.items() if waits(watch.state)}

    def together(self) -> dict[int, Together]:
        """By site the points that its warnings of the whole plant judge."""
        by_site: dict[int, list[Watch]] = {}
        for watch in self._scored:
            by_site.setdefault(watch.watched.site_id, []).append(watch)
        return {site_id: _together(found) for site_id, found in by_site.items()}

    def keep(self, rule_id: int, state: State) -> None:
        """Let a rule go on from ``state``."""
        self.watches[rule_id].keep(state)
        if waits(state):
            self._waiting.add(rule_id)
        else:
            self._waiting.discard(rule_id)

    def values(self, values: Sequence[LiveValue], now: datetime) -> list[Found]:
        """What changes by ``values``, received at ``now``."""
        found: list[Found] = []
        received = now.timestamp()
        by_point, models = self._by_point, self._models
        for value in values:
            for watch in by_point.get(value.point_id, ()):
                if value.at <= watch.at:
                    continue
                if watch.low < value.value < watch.high:
                    watch.at = value.at
                else:
                    self._look(watch, value, received, found)
            for watch in models.get(value.point_id, ()):
                self._score(watch, value, received, found)
        return found

    def tick(self, now: datetime, listening_since: float) -> list[Found]:
        """What changes because it is ``now``."""
        found: list[Found] = []
        moment = now.timestamp()
        for rule_id in list(self._waiting):
            watch = self.watches[rule_id]
            if not isinstance(watch.watched.rule.parameters, Silence):
                self._take(watch, on_time(watch.watched.rule, watch.state, moment - watch.lag), found)
        for watch in self._silences:
            self._listen(watch, moment, listening_since, found)
        for watch in self._scored:
            if watch.rows is not None:
                self._judge_row(watch, watch.rows.overdue(moment), found)
        return found

    def _look(self, watch: Watch, value: LiveValue, received: float, found: list[Found]) -> None:
        watch.at = value.at
        parameters = watch.watched.rule.parameters
        if isinstance(parameters, Silence):
            watch.seen = received
            self.aged.add(watch.watched.id)
            if not any(c.over or c.active for c in watch.state.conditions.values()):
                return
        elif isinstance(parameters, Rate):
            self.aged.add(watch.watched.id)
        at = value.at.timestamp()
        watch.lag = received - at
        self._take(watch, on_value(watch.watched.rule, watch.state, at, value.value, received), found)

    def _listen(self, watch: Watch, moment: float, listening_since: float, found: list[Found]) -> None:
        parameters = watch.watched.rule.parameters
        if not isinstance(parameters, Silence):
            return
        due = max(watch.seen, listening_since) + parameters.after_s
        if due > moment and watch.watched.id not in self._waiting:
            return
        state = msgspec.structs.replace(watch.state, seen=max(watch.seen, watch.state.seen))
        self._take(watch, on_time(watch.watched.rule, state, moment, listening_since), found)

    def _score(self, watch: Watch, value: LiveValue, received: float, found: list[Found]) -> None:
        if watch.rows is not None:
            watch.lag = received - value.at.timestamp()
            for row in watch.rows.put(value.point_id, value.at.timestamp(), value.value, received):
                self._judge_row(watch, row, found)

    def _judge_row(self, watch: Watch, row: ScoredRow | None, found: list[Found]) -> None:
        if row is not None:
            self._take(watch, on_value(watch.watched.rule, watch.state, row.at, row.score), found)

    def _take(self, watch: Watch, verdict: Verdict, found: list[Found]) -> None:
        state, changes = verdict
        if state is watch.state:
            return
        rule_id = watch.watched.id
        if state.conditions != watch.state.conditions:
            self.dirty.add(rule_id)
        self.keep(rule_id, state)
        found.extend(watch.found(change) for change in changes)


def _together(watches: Sequence[Watch]) -> Together:
    """Of one site: its rules over many points share its learned normal."""
    rules = [watch.watched for watch in watches]
    keys = (rule.key(name) for rule in rules for name in limit_names(rule.kind, stored_form(rule.rule.parameters)))
    known = [watch.rows for watch in watches if watch.rows is not None]
    return watched_together(keys, (id_ for rows in known for id_ in rows.point_ids), max(r.step_s for r in known))


def _rows(former: Rows | None, learned: LearnedRow | None, parameters: Deviation) -> Rows | None:
    if learned is None:
        return None
    if former is not None and former.learned_id == learned.id and former.parameters == parameters:
        return former
    return Rows(learned, parameters)
