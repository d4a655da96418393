"""Reads what forms of the cleaning queue send. Pure."""

from collections.abc import Iterable

from backend.core.errors import N_, Invalid
from backend.governance.cleaning.models import CaseState

_MOST = 2**63


def read_state(typed: str) -> CaseState:
    """Exclude or keep. Raises Invalid."""
    if typed not in {CaseState.EXCLUDED, CaseState.KEPT}:
        raise Invalid(N_("请选择剔除或保留"))
    return CaseState(typed)


def read_kept(typed: str) -> int | None:
    """Which of duplicates stays; empty: the first. Raises Invalid."""
    if not typed.strip():
        return None
    ids = read_ids([typed])
    if not ids:
        raise Invalid(fields={"kept_id": N_("请选择一项")})
    return ids[0]


def read_ids(typed: Iterable[str]) -> list[int]:
    """Ids as ticked, each once; what is none is left out."""
    found = [int(one) for one in typed if one.isascii() and one.isdigit() and len(one) <= 19]
    return list(dict.fromkeys(one for one in found if 0 < one < _MOST))


def read_seen(typed: Iterable[str]) -> dict[int, int]:
    """Of each case, as ``case:count``, how many records it had when it was looked at; what is none is left out."""
    pairs = [one.split(":") for one in typed]
    return {ids[0]: int(pair[1]) for pair in pairs if _is_seen(pair) and (ids := read_ids(pair[:1]))}


def _is_seen(pair: list[str]) -> bool:
    return len(pair) == 2 and pair[1].isascii() and pair[1].isdigit() and len(pair[1]) <= 10
