"""Tokens that can't be made up, short codes that can't be mistyped, QR codes that stay small."""

from hypothesis import given
from hypothesis import strategies as st

from backend.labels.codes import CODE_LETTERS, TOKEN, name_in, new_code, new_name, read_code, spelled, token_of
from backend.labels.qr import matrix, runs

KEY = b"0123456789abcdef"
names = st.builds(lambda _: new_name(), st.integers())
codes = st.builds(lambda _: new_code(), st.integers())


@given(names)
def test_a_token_is_read_back_in_any_case_and_only_with_its_key(name: str) -> None:
    token = token_of(name, KEY)
    assert TOKEN.fullmatch(token)
    assert name_in(token, KEY) == name_in(token.lower(), KEY) == name
    assert name_in(token, b"another installation") is None


@given(names, st.integers(0, 15), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_a_token_with_another_letter_is_forged(name: str, place: int, letter: str) -> None:
    token = token_of(name, KEY)
    forged = token[:place] + letter + token[place + 1 :]
    assert forged == token or name_in(forged, KEY) is None


@given(st.text(max_size=40))
def test_no_other_text_is_a_token(text: str) -> None:
    assert name_in(text, KEY) is None


@given(codes, st.integers(0, 5), st.sampled_from(CODE_LETTERS))
def test_every_single_wrong_letter_of_a_code_is_noticed(code: str, place: int, letter: str) -> None:
    wrong = code[:place] + letter + code[place + 1 :]
    assert wrong == code or read_code(wrong) is None


@given(codes, st.integers(0, 4))
def test_every_swap_of_neighbours_is_noticed(code: str, place: int) -> None:
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert swapped == code or read_code(swapped) is None


@given(codes)
def test_a_code_is_read_however_it_is_typed(code: str) -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in code)
    for typed in (
        code,
        code.lower(),
        spelled(code),
        f" {code[:2]} {code[2:]} ",
        spelled(code).replace("-", "－"),
        wide,
    ):
        assert read_code(typed) == code


@given(st.text(max_size=12))
def test_whatever_is_typed_is_a_code_or_none(typed: str) -> None:
    code = read_code(typed)
    assert code is None or (len(code) == 6 and set(code) <= set(CODE_LETTERS))


def test_a_label_on_a_plants_network_has_a_qr_of_33_modules() -> None:
    rows = matrix("https://192.168.1.20:8471", token_of(new_name(), KEY))
    assert len(rows) == 33 + 2 * 4
    assert not any(any(row) for row in (*rows[:4], *rows[-4:])), "the white around it"
    assert sum(length for _, _, length in runs(rows)) == sum(map(sum, rows))
    assert len(matrix("https://example.com/a/path", token_of(new_name(), KEY))) > len(rows), "as it is, case kept"
