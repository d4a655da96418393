"""Smaller changes to a rule before larger ones: which deadbands and delays a suggestion may try, and which it takes.

Pure. Never a limit: how far a value may go is for process safety to decide, how often it calls is not. What is tried
first can't miss anything: a larger deadband, a longer off-delay only let an alarm stay. A longer on-delay comes last.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product

import msgspec

from backend.alarms.drafts import RuleDraft, levels_of
from backend.alarms.evaluation import Rule
from backend.alarms.models import Level, RuleKind
from backend.alarms.parameters import Deviation, Silence, Threshold, read_parameters, timing_faults
from backend.operations.alarmload.comparing import Comparison

WANTED_CUT = 0.70
"""A change is worth making when it spares so much of the alarms. Ours."""
GAS_ON_DELAY_S = 3.0
"""Longest on-delay of a gas point. GB/T 50493-2019 lets a detector itself take its time; what we add must not matter
beside that. The figure is ours: the standard names none."""
MAJOR_ON_DELAY_S = 5.0
"""Longest on-delay of a rule that guards level major. Ours."""
_STEPS = (0.0, 0.25, 0.5, 1.0)
_PRICE_OF_ON_DELAY = 2.0
"""An on-delay takes lead time from people; a suggestion prefers half as much again of anything else."""


class Caps(msgspec.Struct, frozen=True):
    """How far a suggestion may go: ``deadband`` in the unit of the value, delays in seconds."""

    deadband: float
    on_delay_s: float
    off_delay_s: float


@dataclass(frozen=True)
class Signal:
    """What kind of quantity a point measures, with the ends of its suggestions: ISA-18.2-2016 table 5 and EEMUA 191
    (flow and level 5 % and 15/60 s, pressure 2 % and 15 s, temperature 1 % and 60 s of the instrument's range)."""

    name: str
    deadband: float
    delay_s: float


FLOW, LEVEL = Signal("flow", 0.05, 15.0), Signal("level", 0.05, 60.0)
PRESSURE, TEMPERATURE = Signal("pressure", 0.02, 15.0), Signal("temperature", 0.01, 60.0)
GAS, OTHER = Signal("gas", 0.02, 15.0), Signal("other", 0.02, 15.0)
"""Of what the tables don't name the careful end is taken."""
_UNITS = {
    TEMPERATURE: ("°c", "℃", "degc", "k", "°f"),
    PRESSURE: ("pa", "kpa", "mpa", "hpa", "mbar", "bar", "psi"),
    FLOW: ("m3/h", "m³/h", "nm3/h", "nm³/h", "l/min", "l/h", "kg/h", "t/h", "kscmh", "kg/s", "m3/s"),
    GAS: ("%lel", "lel%", "lel", "ppm", "ppb", "mg/m3", "mg/m³", "%vol", "vol%"),
}
_GAS_WORDS = ("可燃气", "有毒气", "燃气", "气体浓度", "gas detector", "combustible", "toxic", "lel", "h2s", "硫化氢")
_LEVEL_WORDS = ("液位", "料位", "level")


def signal_of(name: str, name_en: str, unit: str) -> Signal:
    """What a point measures, by its unit, else its names. Gas first: it mustn't be taken for anything else."""
    said, written = f"{name} {name_en}".lower(), unit.strip().lower().replace(" ", "")
    if written in _UNITS[GAS] or any(word in said for word in _GAS_WORDS):
        return GAS
    found = next((signal for signal, units in _UNITS.items() if written in units), None)
    return found or (LEVEL if any(word in said for word in _LEVEL_WORDS) else OTHER)


def caps_of(draft: RuleDraft, signal: Signal, span: float | None) -> Caps:
    """The ends for a rule whose point measures ``signal`` over ``span`` (None: unknown; its limits then stand for it).

    What the rule already has beyond them stays.
    """
    limits = [abs(float(one["value"])) for one in draft.parameters.get("limits", {}).values()]
    if draft.kind == RuleKind.RATE:  # its deadband is in the unit of its slope
        span = float(draft.parameters.get("per_minute", 0.0)) / signal.deadband * 0.3
    deadband = signal.deadband * (span if span and span > 0 else max(limits, default=0.0))
    longest = signal.delay_s
    if signal is GAS:
        longest = GAS_ON_DELAY_S
    elif Level.MAJOR in levels_of(draft.level, draft.parameters):
        longest = MAJOR_ON_DELAY_S
    return Caps(
        max(_round(deadband), draft.deadband), max(longest, draft.on_delay_s), max(signal.delay_s, draft.off_delay_s)
    )


@dataclass(frozen=True)
class Candidate:
    """A change of deadband and delays, and how large it is beside what it may be (0 … 4)."""

    deadband: float
    on_delay_s: float
    off_delay_s: float
    price: float


def candidates(draft: RuleDraft, caps: Caps) -> list[Candidate]:
    """All that may be tried, the smallest first. Empty for rules that a delay can't calm (silence has no deadband, a
    deviation has its own trial)."""
    parameters = read_parameters(draft.kind, draft.parameters)
    if isinstance(parameters, Deviation):
        return []
    deadbands = (0.0,) if isinstance(parameters, Silence) else _STEPS
    found = []
    for deadband, on, off in product(deadbands, _STEPS, _STEPS):
        one = Candidate(
            _round(_between(draft.deadband, caps.deadband, deadband)),
            _round(_between(draft.on_delay_s, caps.on_delay_s, on)),
            _round(_between(draft.off_delay_s, caps.off_delay_s, off)),
            deadband + off + _PRICE_OF_ON_DELAY * on,
        )
        same = (one.deadband, one.on_delay_s, one.off_delay_s)
        unchanged = same == (draft.deadband, draft.on_delay_s, draft.off_delay_s)
        if not unchanged and not timing_faults(
            parameters, deadband=one.deadband, on_delay_s=one.on_delay_s, off_delay_s=one.off_delay_s
        ):
            found.append(one)
    kept: dict[tuple[float, float, float], Candidate] = {}
    for one in sorted(found, key=lambda one: one.price):
        kept.setdefault((one.deadband, one.on_delay_s, one.off_delay_s), one)
    return list(kept.values())


def chosen(tried: Iterable[tuple[Candidate, Comparison]]) -> tuple[Candidate, Comparison] | None:
    """The smallest that spares enough and loses nothing; None: there is no safe change."""
    return next(
        (pair for pair in tried if pair[1].is_safe and pair[1].cut is not None and pair[1].cut >= WANTED_CUT), None
    )


def rule_of(draft: RuleDraft, candidate: Candidate | None = None) -> Rule:
    """What judges by ``draft``, with the deadband and delays of ``candidate`` where one is given."""
    timing: RuleDraft | Candidate = candidate or draft
    parameters = read_parameters(draft.kind, draft.parameters)
    return Rule(parameters, timing.deadband, timing.on_delay_s, timing.off_delay_s)


def loosens(before: RuleDraft, after: RuleDraft) -> bool:
    """Whether ``after`` lets a value go further before it calls, by its limits."""
    old, new = (read_parameters(one.kind, one.parameters) for one in (before, after))
    if not (isinstance(old, Threshold) and isinstance(new, Threshold)):
        return old != new
    further: dict[bool, Callable[[float, float], bool]] = {True: lambda a, b: b > a, False: lambda a, b: b < a}
    return any(
        name not in new.limits or further[name.startswith("H")](limit.value, new.limits[name].value)
        for name, limit in old.limits.items()
    )


def _between(now: float, cap: float, step: float) -> float:
    return now + (cap - now) * step


def _round(value: float) -> float:
    """Three figures: a suggestion is no measurement."""
    return float(f"{value:.3g}")
