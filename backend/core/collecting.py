"""Python's garbage collector, kept from pausing the roles that people wait for.

A full collection walks everything that was ever loaded, 100–300 ms of standstill in the middle of an alarm. What
start-up made stays for the whole life, so it is set aside; what comes later is little and is collected as before.
While a role loads, nothing of what is made is garbage: looking for it anyway was a sixth of a web role's start.
"""

import gc

_LOADING = 200_000
_YOUNG = 10_000
_OLDER = 20
_OLDEST = 50


def look_seldom() -> None:
    """Call before anything is loaded; what works on without ``set_aside_what_stays`` is still collected, later."""
    gc.set_threshold(_LOADING, _OLDER, _OLDEST)


def set_aside_what_stays() -> None:
    """Call when everything is loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _OLDER, _OLDEST)
