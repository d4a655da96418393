"""How long to wait before a process that died is started again. Pure."""

FIRST_S = 0.2
LONGEST_S = 10.0
LONG_LIFE_S = 60.0


def next_delay(previous_s: float, lived_s: float) -> float:
    """Seconds until the next start of a process that lived ``lived_s``; ``previous_s`` was the wait before it.

    The wait doubles with each short life, up to ``LONGEST_S``; a life of ``LONG_LIFE_S`` is a fresh beginning.
    """
    if previous_s <= 0 or lived_s >= LONG_LIFE_S:
        return FIRST_S
    return min(previous_s * 2, LONGEST_S)
