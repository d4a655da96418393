"""Evidence fusion: what readings, records and answers say together about which failure mode is at hand.

Exactly one mode, or something not listed, explains the trace. A mode is more likely by its factors (noisy-OR), by the
engine's probability of its place (virtual evidence), and by findings: signs in the readings, answers from the site.
The inference is exact (bayes.py). docs/tracing/library.md explains the model with an example.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from . import bayes
from .window import Floats

LEAK = 0.02
"""P(something at one place is failing) before any evidence. Only its smallness matters: odds count, not the level."""
SUREST = 0.99
"""No sign and no answer is taken for surer than this: people err, instruments too."""
STRONGEST = 0.9
DECIMALS = 12
"""The last bits depend on where in memory the network lies; who is first must not."""
NO_WORD = 0.5
"""Chance of a sign under modes of other places: any constant, since it says nothing of them."""


@dataclass(frozen=True, slots=True)
class Mode:
    """A way in which `place` may have failed. `share`: of the place's failures, before any evidence; `raises`: factor →
    how many times as likely it makes the mode (≥ 1); `shows`: finding → P(true | this mode)."""

    key: str
    place: str
    share: float
    raises: Mapping[str, float] = field(default_factory=dict)
    shows: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Factor:
    """A circumstance that makes modes likelier. `present` None: nobody knows; then it counts for each mode with its
    `usual` probability, as if each mode had it to itself."""

    key: str
    present: bool | None = None
    usual: float = 0.1


@dataclass(frozen=True, slots=True)
class Finding:
    """What is or may become known. `true` None: not known yet; `otherwise`: P(true | a mode that doesn't list it).

    `place`: a sign in readings there. Signs tell the modes of their place apart and leave the probability of the place
    as the engine gave it: readings were counted there. Answers (without place) move places too."""

    key: str
    true: bool | None = None
    otherwise: float = 0.1
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """`places`: the engine's probability of each place, not normalised; `unknown`: of what is nowhere listed."""

    places: Mapping[str, float]
    unknown: float
    modes: Sequence[Mode] = ()
    factors: Sequence[Factor] = ()
    findings: Sequence[Finding] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A finding worth asking for; `gain`: how many bits of doubt its answer takes away on average."""

    key: str
    gain: float


@dataclass(frozen=True, slots=True)
class Fused:
    """`modes` and `unknown` sum to 1. `explained`: factor that is present → how much of the probability of its modes
    would go elsewhere without it, 0 … 1: it contributes, and isn't part of the sum."""

    modes: Mapping[str, float]
    unknown: float
    explained: Mapping[str, float]
    questions: tuple[Question, ...]


def fuse(
    case: Case, most_questions: int = 2, least_gain: float = 0.02, waiting: Collection[str] = frozenset()
) -> Fused:
    """Weigh all evidence of a case; the order in which it is given doesn't matter.

    `waiting`: questions that people were asked already: they go before better ones while they still tell something.
    """
    modes = sorted((m for m in case.modes if case.places.get(m.place, 0.0) > 0), key=lambda m: m.key)
    factors = sorted(case.factors, key=lambda f: f.key)
    findings = sorted(case.findings, key=lambda f: f.key)
    if not modes:
        return Fused({}, 1.0, {f.key: 0.0 for f in factors if f.present}, ())
    table = _chances(modes, findings)
    present = [number for number, factor in enumerate(factors) if factor.present]
    found, absent = bayes.posterior(_network(case, modes, factors, findings, table), present)
    found = found.round(DECIMALS)
    return Fused(
        {mode.key: float(p) for mode, p in zip(modes, found[:-1], strict=True)},
        float(found[-1]),
        {factors[number].key: _explained(factors[number], modes, found, absent[number]) for number in present},
        _questions(found, findings, table, most_questions, least_gain, waiting),
    )


def _network(
    case: Case, modes: Sequence[Mode], factors: Sequence[Factor], findings: Sequence[Finding], table: Floats
) -> bayes.Network:
    """The modes, and behind them "not listed" as one more that has no factor."""
    place = {factor.key: number for number, factor in enumerate(factors)}
    shares = np.array([min(max(mode.share, 1e-6), 20.0) for mode in modes])
    leaks, links = np.append(LEAK * shares, LEAK), []
    for row, mode in enumerate(modes):
        strength = {
            place[key]: min(STRONGEST, (times - 1) * leaks[row] / (1 - leaks[row]))
            for key, times in mode.raises.items()
            if key in place and times > 1
        }
        for number in [number for number in strength if factors[number].present is None]:
            leaks[row] = 1 - (1 - leaks[row]) * (1 - factors[number].usual * strength.pop(number))
        links.append(strength)
    weight = _weights(case, modes, findings, table)
    known = [(bool(f.true), table[row]) for row, f in enumerate(findings) if f.true is not None]
    return bayes.Network(leaks, [*links, {}], [bool(factor.present) for factor in factors], known, weight)


def _chances(modes: Sequence[Mode], findings: Sequence[Finding]) -> Floats:
    """Findings × (modes and "not listed"): P(true | mode)."""
    out = np.empty((len(findings), len(modes) + 1))
    for row, finding in enumerate(findings):
        there = [finding.place in (None, mode.place) for mode in modes]
        own = [mode.shows.get(finding.key, finding.otherwise) for mode in modes]
        elsewhere = finding.otherwise if finding.place is None else NO_WORD
        out[row] = [*(p if here else NO_WORD for p, here in zip(own, there, strict=True)), elsewhere]
    return np.clip(out, 1 - SUREST, SUREST)


def _weights(case: Case, modes: Sequence[Mode], findings: Sequence[Finding], table: Floats) -> Floats:
    """The engine's probability of each mode's place, over how well the place's modes explain its signs on the whole."""
    fits = np.ones(len(modes))
    for row, finding in enumerate(findings):
        if finding.true is not None and finding.place is not None:
            fits *= (table[row, :-1] if finding.true else 1 - table[row, :-1]) / NO_WORD
    shares = np.array([mode.share for mode in modes])
    out = np.empty(len(modes))
    for place in {mode.place for mode in modes}:
        here = np.array([mode.place == place for mode in modes])
        fit = float((fits * shares)[here].sum() / shares[here].sum())
        out[here] = case.places[place] / max(fit, 1e-12)
    return np.append(out, max(case.unknown, 1e-6))


def _explained(factor: Factor, modes: Sequence[Mode], found: Floats, absent: Floats) -> float:
    raised = np.array([mode.raises.get(factor.key, 1.0) > 1 for mode in modes])
    return float(np.maximum(found[:-1] - absent[:-1], 0.0)[raised].sum())


def _questions(
    found: Floats, findings: Sequence[Finding], table: Floats, most: int, least: float, waiting: Collection[str]
) -> tuple[Question, ...]:
    """The findings whose answers tell most, each beside those before it (greedy, Krause & Guestrin, UAI 2005)."""
    branches = [found]
    asked: list[Question] = []
    left = [row for row, finding in enumerate(findings) if finding.true is None]
    for _ in range(most):
        gains = {row: _gain(branches, table[row]) for row in left}
        left = [row for row in left if gains[row] >= least]
        if not left:
            break
        best = max(left, key=lambda row: (findings[row].key in waiting, gains[row], findings[row].key))
        asked.append(Question(findings[best].key, gains[best]))
        left.remove(best)
        branches = [branch * chance for branch in branches for chance in (table[best], 1 - table[best])]
    return tuple(asked)


def _gain(branches: Sequence[Floats], yes: Floats) -> float:
    """Expected drop of entropy in bits; each branch holds the joint probability of its answers with each mode."""
    return float(sum(_doubt(b) - _doubt(b * yes) - _doubt(b * (1 - yes)) for b in branches))


def _doubt(joint: Floats) -> float:
    """Entropy of the normalised vector times its mass, in bits."""
    mass = float(joint.sum())
    some = joint[joint > 0]
    return float(-(some * np.log2(some / mass)).sum()) if mass > 0 else 0.0
