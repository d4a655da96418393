"""The cause library as values: classes of equipment, their failure modes, signs, checks, and contributing factors.

Read from JSON and checked whole; a site's own edits lie over the base that ships with us. Pure but for reading.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from backend.core.errors import N_
from backend.core.strict import Strict
from backend.tracing.engine.behaviour import Shape

BASE = Path(__file__).parent / "base"
GENERIC, UNKNOWN_CLASS = "generic", "instrument"
FACTOR = "factor."
"""With this begins the library key of a contributing factor."""
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")

Kind = Literal["equipment", "environment", "human", "management"]
Side = Literal["own", "upstream", "downstream"]
Owner = Literal["equipment", "upstream", "utilities"]
Needs = Literal["", "manipulated", "driven"]
Quantity = Literal[
    "any", "flow", "temperature", "pressure", "level", "composition", "position", "power", "current", "speed",
    "vibration", "concentration", "humidity", "other",
]  # fmt: skip
Nature = Literal[
    "wear", "fouling", "leak", "stick", "instrument", "control", "operation", "repair", "supply", "process", "other"
]
KINDS: dict[str, str] = {
    "equipment": N_("设备"),
    "environment": N_("环境与来料"),
    "human": N_("人员"),
    "management": N_("管理"),
}
"""The four kinds of GB/T 13861-2022 (人、物、环、管) in our words."""


class LibraryError(Exception):
    """A library that can't be used; each line of the message names a thing and what is wrong with it."""


class Titled(Strict, frozen=True):
    """A thing with a key and a title in both languages."""

    key: str
    title: str
    title_en: str


class Sign(Strict, frozen=True):
    """``chance``: P(a point of this quantity at this side behaves so | the mode is at hand)."""

    side: Side
    quantity: Quantity
    shape: Shape
    chance: float

    @property
    def name(self) -> str:
        """What is looked at: ``own.flow.low``."""
        return f"{self.side}.{self.quantity}.{self.shape}"


class Check(Strict, frozen=True):
    """A question that a person on site answers with yes or no; ``otherwise``: P(yes | a mode that doesn't list it)."""

    key: str
    text: str
    text_en: str
    otherwise: float


class ModeSpec(Titled, frozen=True):
    """A failure mode. ``per_year``: how often, in order of magnitude; ``checks``: check → P(yes | this mode)."""

    kind: Kind
    nature: Nature
    per_year: float
    iso14224: str = ""
    needs: Needs = ""
    owner: Owner = "equipment"
    signs: list[Sign] = []
    checks: dict[str, float] = {}
    raises: dict[str, float] = {}
    """Factor → times as likely, where it differs from what the factor does to modes of this nature."""
    advice: str = ""
    advice_en: str = ""


class ClassSpec(Titled, frozen=True):
    """A class of equipment. ``aliases``: equipment classes it stands for; ``includes``: classes that are part of it."""

    aliases: list[str] = []
    includes: list[str] = []
    checks: list[Check] = []
    modes: list[ModeSpec] = []


class FactorSpec(Titled, frozen=True):
    """A contributing factor: ``raises`` nature → times as likely; ``usual``: how common where nobody has looked."""

    kind: Kind
    usual: float
    raises: dict[Nature, float]
    advice: str = ""
    advice_en: str = ""


class Library(Strict, frozen=True):
    """All classes and factors. ``otherwise``: side → P(a shape is seen there | a mode that doesn't list it): what
    fails at a place moves what lies downstream as a rule."""

    classes: list[ClassSpec]
    factors: list[FactorSpec]
    otherwise: dict[Side, dict[Shape, float]]

    def of(self, equipment_class: str) -> ClassSpec | None:
        """The class that stands for an equipment's own word for what it is."""
        wanted = equipment_class.strip().lower()
        return next((one for one in self.classes if wanted == one.key or wanted in one.aliases), None)

    def parts(self, equipment_class: str) -> list[ClassSpec]:
        """The class, all it includes, and the generic one, each once; without a known class what has points at all."""
        known = {one.key: one for one in self.classes}
        first = self.of(equipment_class)
        waiting = [first.key if first else UNKNOWN_CLASS, GENERIC]
        found: dict[str, ClassSpec] = {}
        while waiting:
            key = waiting.pop(0)
            if key not in found and key in known:
                found[key] = known[key]
                waiting += known[key].includes
        return list(found.values())

    def mode(self, library_key: str) -> tuple[ClassSpec, ModeSpec] | None:
        """The mode called ``class.mode``."""
        class_key, _, mode_key = library_key.partition(".")
        for one in self.classes:
            if one.key == class_key:
                return next(((one, mode) for mode in one.modes if mode.key == mode_key), None)
        return None

    def titled(self, library_key: str) -> Titled | None:
        """What a mode (``class.mode``) or a contributing factor (``factor.key``) is called."""
        if library_key.startswith(FACTOR):
            return next((one for one in self.factors if FACTOR + one.key == library_key), None)
        found = self.mode(library_key)
        return found[1] if found else None

    def fits(self, library_key: str, equipment_class: str) -> bool:
        """Whether equipment of this class can have that mode, or that factor."""
        class_key = library_key.partition(".")[0] + "."
        parts = {f"{one.key}." for one in self.parts(equipment_class)} | {FACTOR}
        return class_key in parts and self.titled(library_key) is not None


class _Factors(Strict, frozen=True):
    otherwise: dict[Side, dict[Shape, float]]
    factors: list[FactorSpec]


class Edits(Strict, frozen=True):
    """What a site has changed: classes of its own (in place of the base's of that key), and frequencies."""

    classes: list[ClassSpec] = []
    per_year: dict[str, float] = {}


@cache
def base_library() -> Library:
    """The library that ships with the product. Raises LibraryError when a file can't be used."""
    try:
        general = msgspec.json.decode((BASE / "factors.json").read_bytes(), type=_Factors)
        files = sorted(path for path in BASE.glob("*.json") if path.name != "factors.json")
        classes = [msgspec.json.decode(path.read_bytes(), type=ClassSpec) for path in files]
    except (OSError, msgspec.MsgspecError) as error:
        raise LibraryError(str(error)) from error
    return checked(Library(classes=classes, factors=general.factors, otherwise=general.otherwise))


def edits_from(document: Mapping[str, Any]) -> Edits:
    """A site's edits as they are stored or sent. Raises LibraryError."""
    try:
        return msgspec.convert(dict(document), type=Edits)
    except msgspec.ValidationError as error:
        raise LibraryError(str(error)) from error


def edited(library: Library, edits: Edits) -> Library:
    """The library with a site's edits over it, checked. Raises LibraryError."""
    own = {one.key: one for one in edits.classes}
    classes = [own.pop(one.key, one) for one in library.classes]
    whole = msgspec.structs.replace(library, classes=[*classes, *own.values()])
    for key in edits.per_year:
        if whole.mode(key) is None:
            raise LibraryError(f"per_year: {key} is no mode")
    classes = [_with_frequencies(one, edits.per_year) for one in whole.classes]
    return checked(msgspec.structs.replace(whole, classes=classes))


def in_force(document: Mapping[str, Any] | None) -> tuple[Library, str]:
    """The base with a site's stored edits over it, and what is wrong with them: edits that a newer base no longer bears
    are left aside, so that tracing goes on."""
    if not document:
        return base_library(), ""
    try:
        return edited(base_library(), edits_from(document)), ""
    except LibraryError as error:
        return base_library(), str(error)


def _with_frequencies(one: ClassSpec, per_year: Mapping[str, float]) -> ClassSpec:
    modes = [
        msgspec.structs.replace(mode, per_year=per_year.get(f"{one.key}.{mode.key}", mode.per_year))
        for mode in one.modes
    ]
    return msgspec.structs.replace(one, modes=modes)


def checked(library: Library) -> Library:
    """``library`` as it is; LibraryError with every fault when it can't be used."""
    faults = [*_faults(library)]
    if faults:
        raise LibraryError("\n".join(faults))
    return library


def _faults(library: Library) -> Iterator[str]:
    keys = [one.key for one in library.classes]
    names = [name for one in library.classes for name in (one.key, *one.aliases)]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{name}: stands for two classes"
    for needed in (GENERIC, UNKNOWN_CLASS):
        if needed not in keys:
            yield f"{needed}: this class is needed"
    for side in ("own", "upstream", "downstream"):
        chances = library.otherwise.get(side, {})
        yield from (f"otherwise: {side} {shape} needs a chance" for shape in Shape if not 0 < chances.get(shape, 0) < 1)
    for one in library.classes:
        yield from (f"{one.key}: {fault}" for fault in _class_faults(one, keys, {f.key for f in library.factors}))
    for factor in library.factors:
        yield from (f"factor {factor.key}: {fault}" for fault in _titles(factor))
        if not 0.0 < factor.usual < 1.0 or any(times < 1 for times in factor.raises.values()):
            yield f"factor {factor.key}: usual must lie between 0 and 1, and what it raises be 1 or more"


def _class_faults(one: ClassSpec, classes: list[str], factors: set[str]) -> Iterator[str]:
    yield from _titles(one)
    yield from (f"includes {key}, which is no class" for key in one.includes if key not in classes)
    checks = [check.key for check in one.checks]
    for keys in (checks, [mode.key for mode in one.modes]):
        yield from (f"{key} stands twice" for key in sorted({k for k in keys if keys.count(k) > 1}))
    for check in one.checks:
        if not check.text.strip() or not check.text_en.strip() or not 0.0 < check.otherwise < 1.0:
            yield f"check {check.key}: both languages and a chance between 0 and 1"
    for mode in one.modes:
        yield from (f"{mode.key}: {fault}" for fault in _mode_faults(mode, checks, factors))


def _mode_faults(mode: ModeSpec, checks: list[str], factors: set[str]) -> Iterator[str]:
    yield from _titles(mode)
    if not 0.0 < mode.per_year <= 1000.0:
        yield "per_year must lie above 0 and not above 1000"
    if any(not 0.0 < chance < 1.0 for chance in [*mode.checks.values(), *(sign.chance for sign in mode.signs)]):
        yield "a chance must lie between 0 and 1"
    yield from (f"check {key} isn't in the class" for key in mode.checks if key not in checks)
    yield from (f"factor {key} isn't known" for key in mode.raises if key not in factors)
    if any(times < 1 for times in mode.raises.values()):
        yield "what a factor raises must be 1 or more"
    names = [sign.name for sign in mode.signs]
    yield from (f"sign {name} stands twice" for name in sorted({n for n in names if names.count(n) > 1}))


def _titles(one: Titled) -> Iterator[str]:
    if not _KEY.fullmatch(one.key):
        yield f"key {one.key!r}: small letters, digits and _"
    if not one.title.strip() or not one.title_en.strip():
        yield "title is missing in a language"
