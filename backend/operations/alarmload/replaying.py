"""Versions of a rule judged over stored readings, to the same changes as ``alarms.evaluation`` finds live. Pure.

A rule is two things after each other: where what it compares goes beyond a limit and comes back (limits, deadband),
and which of these stretches last (delays). Readings come in pieces, as arrays; both are found without a loop over
values, and versions that differ in their delays alone share the first. That the outcome is that of the evaluation
is a property test (tests/operations/test_alarm_load_replay.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from backend.alarms.evaluation import Rule, slope
from backend.alarms.parameters import HIGH, Deviation, Parameters, Rate, Silence, Threshold

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Piece:
    """Readings of one point in order of time: moments (epoch seconds, UTC), values, when each was received."""

    at: Floats
    value: Floats
    received: Floats

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True)
class Episode:
    """One alarm of a limit: raised at ``from_at``, returned at ``to_at`` (None: it still holds at the end)."""

    limit: str
    from_at: float
    to_at: float | None

    def end(self, otherwise: float) -> float:
        """When it returned, or ``otherwise``."""
        return otherwise if self.to_at is None else self.to_at


class Versions:
    """Some rules over one point on their way through the past, which begins at ``since`` (epoch seconds)."""

    def __init__(self, rules: Sequence[Rule], since: float) -> None:
        tracks: dict[tuple[str, float], _Track] = {}
        self._versions: list[tuple[_Track, dict[str, _Lasting]]] = []
        for rule in rules:
            track = tracks.setdefault((repr(rule.parameters), rule.deadband), _Track(rule, since))
            lasting = {name: _Lasting(name, rule.on_delay_s, rule.off_delay_s) for name in track.limits}
            self._versions.append((track, lasting))
        self._tracks = list(tracks.values())
        self._last_at = -np.inf

    def feed(self, piece: Piece) -> None:
        """Judge the next readings; one that isn't later than those before it changes nothing."""
        newest = np.maximum.accumulate(np.concatenate(([self._last_at], piece.at)))
        later = piece.at > newest[:-1]
        if not later.all():
            piece = Piece(piece.at[later], piece.value[later], piece.received[later])
        if not len(piece):
            return
        self._last_at = float(piece.at[-1])
        turns = {id(track): track.turns(piece) for track in self._tracks}
        for track, lasting in self._versions:
            for name, turned in turns[id(track)].items():
                lasting[name].feed(turned)

    def finish(self, until: float) -> list[list[Episode]]:
        """Let time pass to ``until``; the alarms of each version in order of time."""
        last = {id(track): track.ends(until) for track in self._tracks}
        found = []
        for track, lasting in self._versions:
            for name, turned in last[id(track)].items():
                lasting[name].feed(turned)
            episodes = (one for kept in lasting.values() for one in kept.finish(until))
            found.append(sorted(episodes, key=lambda one: (one.from_at, one.limit)))
        return found


@dataclass(frozen=True)
class _Turns:
    """Moments at which a limit was gone beyond (``over``) and come back from, by turns."""

    at: Floats
    over: Flags


_NOTHING = _Turns(np.empty(0), np.empty(0, bool))


class _Track:
    """What one set of limits and deadband finds, piece by piece."""

    def __init__(self, rule: Rule, since: float) -> None:
        self._parameters = rule.parameters
        self._deadband = rule.deadband
        self._heard = since
        self._samples: tuple[tuple[float, float], ...] = ()
        self.limits = _limits(rule.parameters)
        self._over = dict.fromkeys(self.limits, False)

    def turns(self, piece: Piece) -> dict[str, _Turns]:
        """By limit, what turned within the piece."""
        if isinstance(self._parameters, Silence):
            return {"SILENT": self._silences(piece, self._parameters.after_s)}
        at, measure = (piece.at, piece.value) if isinstance(self._parameters, Threshold) else self._slopes(piece)
        return {name: self._crossings(name, limit, at, measure) for name, limit in self.limits.items()}

    def ends(self, until: float) -> dict[str, _Turns]:
        """What turns by the mere passing of time to ``until``: a silence that nobody has broken yet."""
        if isinstance(self._parameters, Silence) and self._heard + self._parameters.after_s <= until:
            return {"SILENT": _Turns(np.array([self._heard + self._parameters.after_s]), np.array([True]))}
        return {}

    def _crossings(self, name: str, limit: float, at: Floats, measure: Floats) -> _Turns:
        rising, was_over = name in HIGH or name == "RISE", self._over[name]
        beyond = measure >= limit if rising else measure <= limit
        if not was_over and not beyond.any():
            return _NOTHING
        over = beyond
        if self._deadband or was_over:
            near = measure >= limit - self._deadband if rising else measure <= limit + self._deadband
            over = _held(beyond, near, was_over)
        turned = np.flatnonzero(np.diff(over, prepend=was_over))
        if len(over):
            self._over[name] = bool(over[-1])
        return _Turns(at[turned], over[turned])

    def _silences(self, piece: Piece, after_s: float) -> _Turns:
        heard = np.maximum.accumulate(np.concatenate(([self._heard], piece.received)))
        self._heard = float(heard[-1])
        broken = np.flatnonzero(heard[:-1] + after_s < heard[1:])
        moments = np.column_stack((heard[broken] + after_s, heard[broken + 1])).ravel()
        return _Turns(moments, np.tile([True, False], len(broken)))

    def _slopes(self, piece: Piece) -> tuple[Floats, Floats]:
        window_s = self._parameters.window_s if isinstance(self._parameters, Rate) else 0.0
        found = np.full(len(piece), np.nan)
        for index, (at, value) in enumerate(zip(piece.at.tolist(), piece.value.tolist(), strict=True)):
            self._samples, known = slope(self._samples, at, value, window_s)
            if known is not None:
                found[index] = known
        known_ones = ~np.isnan(found)
        return piece.at[known_ones], found[known_ones]


def _limits(parameters: Parameters) -> dict[str, float]:
    match parameters:
        case Threshold(limits):
            return {name: limit.value for name, limit in limits.items()}
        case Rate(per_minute, _, direction):
            both = {"RISE": per_minute, "FALL": -per_minute}
            return {name: value for name, value in both.items() if direction in ("both", name.lower())}
        case Silence(after_s):
            return {"SILENT": after_s}
        case Deviation():
            raise ValueError("a deviation is judged over many points: see tracing.normals.trying")


def _held(beyond: Flags, near: Flags, was_over: bool) -> Flags:
    """Over from a value beyond the limit to the first that isn't even near it."""
    says = beyond | ~near
    latest = np.maximum.accumulate(np.where(says, np.arange(len(says)), -1))
    return np.where(latest >= 0, beyond[latest], was_over)


@dataclass
class _Lasting:
    """Which turns of a limit last for their delay, and so raise or return. The latest turn waits for the next one."""

    limit: str
    on_delay_s: float
    off_delay_s: float
    _since: float = -np.inf
    _over: bool = False
    _active: bool = False
    _begun: float = 0.0
    _found: list[Episode] = field(default_factory=list)

    def feed(self, turned: _Turns) -> None:
        if not len(turned.at):
            return
        starts = np.concatenate(([self._since], turned.at))
        over = np.concatenate(([self._over], turned.over))
        self._keep(starts[:-1], over[:-1], starts[1:])
        self._since, self._over = float(starts[-1]), bool(over[-1])

    def finish(self, until: float) -> Iterable[Episode]:
        self._keep(np.array([self._since]), np.array([self._over]), np.array([until]))
        return [*self._found, *([Episode(self.limit, self._begun, None)] if self._active else [])]

    def _keep(self, starts: Floats, over: Flags, ends: Floats) -> None:
        moments = starts + np.where(over, self.on_delay_s, self.off_delay_s)
        lasted = moments <= ends
        if self.limit == "SILENT":  # silence that begins at the moment of a return goes on: live it is looked at first
            lasted &= over | (moments < ends)
        states, moments = over[lasted], moments[lasted]
        changed = np.diff(states, prepend=self._active)
        for raised, at in zip(states[changed].tolist(), moments[changed].tolist(), strict=True):
            if raised:
                self._begun = at
            else:
                self._found.append(Episode(self.limit, self._begun, at))
            self._active = raised
