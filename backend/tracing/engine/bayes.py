"""Exact inference in the Bayesian network of a trace. The only place that knows the library that does it (pyAgrum).

factor ─┐
factor ─┴─▶ mode 1 ──▶ which 1        each mode: noisy-OR of its factors, with a leak (Pearl 1988, §4.3.2)
                          │
            mode 2 ──▶ which 2        which k: none, one of the first k (by name), or several
                          ⋮
                       which n ──▶ finding, finding …      evidence: exactly one mode is at hand
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from .window import Floats


@dataclass(frozen=True, eq=False)
class Network:
    """`leaks`: per mode, P(at hand | no factor); `links`: per mode, factor index → P(it alone brings the mode about);
    `present`: of each factor; `findings`: whether true, and P(true | mode) per mode; `weight`: likelihood of each
    mode's place from other evidence, not normalised.

    Factors are all observed: unobserved ones that many modes share would tie these together, and the largest table
    of the inference would double with each."""

    leaks: Floats
    links: Sequence[Mapping[int, float]]
    present: Sequence[bool]
    findings: Sequence[tuple[bool, Floats]]
    weight: Floats


def posterior(network: Network, without: Sequence[int] = ()) -> tuple[Floats, dict[int, Floats]]:
    """P(mode | evidence, exactly one is at hand), and the same were each factor of `without` absent.

    Raises ValueError where the evidence is impossible under every mode."""
    pyagrum: Any = import_module("pyagrum")  # 0.15 s and 25 MB that only who traces pays

    count = len(network.leaks)
    built = pyagrum.BayesNet()
    for number in range(len(network.present)):
        built.add(_binary(pyagrum, f"factor{number}"))
        built.cpt(f"factor{number}").fillWith([0.5, 0.5])  # observed, so that its prior plays no part
    for number, (leak, links) in enumerate(zip(network.leaks, network.links, strict=True)):
        built.addNoisyORNet(_binary(pyagrum, f"mode{number}"), float(leak))
        for factor, strength in links.items():
            built.addWeightedArc(f"factor{factor}", f"mode{number}", float(strength))
    for number in range(count):
        _add_which(pyagrum, built, number)
    which = f"which{count - 1}"
    evidence: dict[str, Any] = {which: [0.0, *network.weight.tolist(), 0.0]}
    evidence |= {f"factor{n}": int(known) for n, known in enumerate(network.present)}
    for number, (true, chance) in enumerate(network.findings):
        built.add(_binary(pyagrum, f"finding{number}"))
        built.addArc(which, f"finding{number}")
        yes = np.concatenate(([0.5], chance, [0.5]))
        built.cpt(f"finding{number}").fillWith(np.stack((1 - yes, yes), axis=1).ravel().tolist())
        evidence[f"finding{number}"] = int(true)
    return _infer(pyagrum, built, which, evidence, without)


def _infer(
    pyagrum: Any, built: Any, which: str, evidence: Mapping[str, Any], without: Sequence[int]
) -> tuple[Floats, dict[int, Floats]]:
    inference = pyagrum.LazyPropagation(built)
    inference.setNumberOfThreads(1)
    inference.setEvidence(dict(evidence))
    inference.setTargets({which})
    try:
        inference.makeInference()
        found = _modes(inference, which)
        absent = {}
        for factor in without:
            inference.chgEvidence(f"factor{factor}", 0)
            inference.makeInference()
            absent[factor] = _modes(inference, which)
            inference.chgEvidence(f"factor{factor}", 1)
    except pyagrum.IncompatibleEvidence as error:
        raise ValueError("the evidence is impossible under every mode") from error
    return found, absent


def _modes(inference: Any, which: str) -> Floats:
    return np.array(inference.posterior(which).tolist(), float)[1:-1]


def _binary(pyagrum: Any, name: str) -> Any:
    return pyagrum.RangeVariable(name, "", 0, 1)


def _add_which(pyagrum: Any, built: Any, number: int) -> None:
    """States: 0 none, 1 … number + 1 which mode alone, number + 2 several."""
    size = number + 3
    built.add(pyagrum.RangeVariable(f"which{number}", "", 0, size - 1))
    if number:
        built.addArc(f"which{number - 1}", f"which{number}")
    built.addArc(f"mode{number}", f"which{number}")
    before = size - 1 if number else 1
    table = np.zeros((2, before, size))
    several = size - 1
    for state in range(before):
        gone = state == before - 1 and number > 0
        table[0, state, several if gone else state] = 1.0
        table[1, state, number + 1 if state == 0 else several] = 1.0
    built.cpt(f"which{number}").fillWith(table.ravel().tolist())
