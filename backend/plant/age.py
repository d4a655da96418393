"""How long equipment has been in service. Pure; days are of the site's calendar."""

from datetime import date

from backend.core.errors import N_, Invalid

EARLIEST = date(1900, 1, 1)


def years_in_service(since: date, today: date) -> int:
    """Whole years from ``since``; who began on 29 February has their year on 1 March where there is none."""
    return today.year - since.year - ((today.month, today.day) < (since.month, since.day))


def read_commissioning(typed: str, today: date) -> date | None:
    """A day as a date field sends it, None for nothing. Raises Invalid for what can't be read or can't be."""
    typed = typed.strip()
    if not typed:
        return None
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        raise Invalid(fields={"commissioned_on": N_("请选择日期")}) from None
    check_commissioning(day, today)
    return day


def check_commissioning(day: date | None, today: date) -> None:
    """Equipment that stands there has begun, and not before there was industry like ours. Raises Invalid."""
    if day is not None and not EARLIEST <= day <= today:
        raise Invalid(fields={"commissioned_on": N_("投用日期应在 1900 年以后，且不晚于今天")})
