"""Reads a retention time as typed. Pure."""

from backend.core.errors import N_, Invalid, NotFound
from backend.governance.retention.kinds import FOR_EVER, KINDS, LONGEST_DAYS
from backend.governance.retention.models import Kind


def read_kind(typed: str) -> Kind:
    """A kind by its code. Raises NotFound."""
    if typed not in set(Kind):
        raise NotFound()
    return Kind(typed)


def read_days(kind: Kind, typed: str) -> int:
    """Days to keep ``kind``; empty or 0: for ever, where that is allowed. Raises Invalid by field."""
    about, plain = KINDS[kind], typed.strip()
    if plain in {"", "0"} and not about.most:
        return FOR_EVER
    days = int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= 5 else -1
    most = about.most or LONGEST_DAYS
    if not about.least <= days <= most:
        raise Invalid(fields={"days": N_("请填写 %(least)s 到 %(most)s 的整数天")}, least=about.least, most=most)
    return days
