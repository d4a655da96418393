"""What stands on a label: a signed token in its QR, and a short code for a person to type. Pure but for chance.

The token is 16 letters of Crockford's base 32, so that a QR of the lowest version holds it: seven name the label
(35 bits of chance), nine are the start of an HMAC-SHA256 over them (45 bits) with the installation's key. Whoever
has never seen a label can make none up: a guess fits once in 2⁴⁵ even where the name were known, and each costs a
request of a signed-in person that is counted (``pages.scanning.TRIES``).

The short code is five letters and a check letter, of 23 that nobody takes for one another (no 0/O, 1/I/L, 2/Z, 5/S,
8/B, U/V). The letters, weighted by their place, sum up to a multiple of 23, a prime: so every single wrong letter and
every swap of two is found (J. Verhoeff, Error Detecting Decimal Codes, 1969, on sums modulo a prime).
"""

import hashlib
import hmac
import re
import secrets
import unicodedata

_BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
NAME_LETTERS = 7
SIGNATURE_LETTERS = 9
TOKEN = re.compile(rf"[{_BASE32}]{{{NAME_LETTERS + SIGNATURE_LETTERS}}}")

CODE_LETTERS = "34679ACDEFGHJKMNPQRTWXY"
_TYPED = 5
_WEIGHTS = range(1, _TYPED + 2)


def new_name() -> str:
    """A label's name in its token, by chance."""
    return "".join(secrets.choice(_BASE32) for _ in range(NAME_LETTERS))


def token_of(name: str, key: bytes) -> str:
    """The token of the label called ``name``, signed with ``key``."""
    return name + _signature(name, key)


def name_in(token: str, key: bytes) -> str | None:
    """The name that ``token`` carries, in any case; None when it isn't one that ``key`` has signed."""
    token = token.upper()
    if not TOKEN.fullmatch(token):
        return None
    name, signature = token[:NAME_LETTERS], token[NAME_LETTERS:]
    return name if hmac.compare_digest(signature, _signature(name, key)) else None


def _signature(name: str, key: bytes) -> str:
    digest = int.from_bytes(hmac.new(key, b"label:" + name.encode(), hashlib.sha256).digest()[:8])
    return "".join(_BASE32[digest >> 5 * place & 31] for place in range(SIGNATURE_LETTERS))


def new_code() -> str:
    """A short code by chance, with its check letter."""
    letters = "".join(secrets.choice(CODE_LETTERS) for _ in range(_TYPED))
    return next(letters + check for check in CODE_LETTERS if _holds(letters + check))


def read_code(typed: str) -> str | None:
    """The code that a person typed, whatever the case, width, spaces and hyphens; None when it can't be one."""
    code = re.sub(r"[\s\-‐-―_.·]", "", unicodedata.normalize("NFKC", typed)).upper()
    right = len(code) == _TYPED + 1 and all(letter in CODE_LETTERS for letter in code) and _holds(code)
    return code if right else None


def spelled(code: str) -> str:
    """The code as it is printed: ``ACD-EFG``."""
    return f"{code[:3]}-{code[3:]}"


def _holds(code: str) -> bool:
    total = sum(weight * CODE_LETTERS.index(letter) for weight, letter in zip(_WEIGHTS, code, strict=True))
    return total % len(CODE_LETTERS) == 0
