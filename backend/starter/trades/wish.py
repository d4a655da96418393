"""What of a pack a site wants: how many machines of each kind, under which names, in which areas. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from backend.core.errors import N_, Invalid
from backend.starter.trades.pack import MOST_OF_A_KIND, AreaSpec, EquipmentSpec, TradePack

LONGEST_NAME = 40


@dataclass(frozen=True)
class Machine:
    """One machine to be: ``code`` is the kind's with a number, so that asking again makes no second one."""

    code: str
    name: str
    name_en: str
    kind: EquipmentSpec


@dataclass(frozen=True)
class Wish:
    """``counts`` by code of kind; ``names`` in place of the pack's by code of kind or area; ``sensors``: kinds of which
    the machines are measured (none unless said)."""

    counts: Mapping[str, int]
    names: Mapping[str, str] = field(default_factory=dict)
    sensors: frozenset[str] = frozenset()

    @classmethod
    def usual(cls, pack: TradePack) -> "Wish":
        """What such works usually have."""
        return cls({one.code: one.usual for one in pack.equipment})

    def machines(self, pack: TradePack) -> list[Machine]:
        """Every machine, in the order of the pack."""
        return [
            _machine(kind, number, self.counts.get(kind.code, 0), self.names.get(kind.code, ""))
            for kind in pack.equipment
            for number in range(1, self.counts.get(kind.code, 0) + 1)
        ]

    def measured(self, pack: TradePack) -> list[Machine]:
        """Machines that have sensors."""
        return [machine for machine in self.machines(pack) if machine.kind.code in self.sensors]

    def areas(self, pack: TradePack) -> list[AreaSpec]:
        """Areas in which a machine stands."""
        held = {machine.kind.area for machine in self.machines(pack)}
        return [area for area in pack.areas if area.code in held]


def read_wish(pack: TradePack, typed: Mapping[str, str]) -> Wish:
    """The wish as typed: ``count_<kind>``, ``name_<kind>``, ``area_<area>``, ``sensors_<kind>`` where ticked.

    Raises Invalid by field.
    """
    wrong: dict[str, str] = {}
    counts: dict[str, int] = {}
    for kind in pack.equipment:
        words = typed.get(f"count_{kind.code}", "").strip() or "0"
        if words.isascii() and words.isdigit() and int(words[:4]) <= MOST_OF_A_KIND:
            counts[kind.code] = int(words)
        else:
            wrong[f"count_{kind.code}"] = N_("台数请填 0 到 99")
    names = {}
    for prefix, codes in (("name", [k.code for k in pack.equipment]), ("area", [a.code for a in pack.areas])):
        for code in codes:
            name = " ".join(typed.get(f"{prefix}_{code}", "").split())
            if len(name) > LONGEST_NAME:
                wrong[f"{prefix}_{code}"] = N_("最多 40 个字")
            names[code] = name
    if not wrong and not any(counts.values()):
        wrong["counts"] = N_("请至少勾一种设备")
    if wrong:
        raise Invalid(fields=wrong)
    sensors = frozenset(kind.code for kind in pack.equipment if kind.points and f"sensors_{kind.code}" in typed)
    return Wish(counts, {code: name for code, name in names.items() if name}, sensors)


def _machine(kind: EquipmentSpec, number: int, of: int, renamed: str) -> Machine:
    """A machine alone carries the bare name; one that the site has named has no English name but that."""
    name, name_en = (renamed, "") if renamed and renamed != kind.name else (kind.name, kind.name_en)
    if of > 1:
        name, name_en = f"{name} {number} 号", f"{name_en} {number}" if name_en else ""
    return Machine(f"{kind.code}-{number}", name, name_en, kind)
