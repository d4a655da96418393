"""The supervisor's parts: when it starts again what died, and how it keeps logs small."""

from itertools import accumulate
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as some

from backend.embedded.child import Child
from backend.supervisor.backoff import FIRST_S, LONG_LIFE_S, LONGEST_S, next_delay
from backend.supervisor.console import qr_code
from backend.supervisor.logs import Follower, last_line, turn_over
from backend.supervisor.ward import Role, Ward


def test_waits_double_up_to_ten_seconds() -> None:
    waits = list(accumulate([0.0] * 9, next_delay, initial=0.0))[1:]
    assert waits == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0, 10.0]


@given(some.floats(0, LONGEST_S), some.floats(0, 10 * LONG_LIFE_S))
def test_a_wait_is_never_shorter_than_the_first_nor_longer_than_the_longest(previous: float, lived: float) -> None:
    assert FIRST_S <= next_delay(max(previous, FIRST_S), lived) <= LONGEST_S


@given(some.floats(0, LONGEST_S))
def test_a_long_life_is_a_fresh_beginning(previous: float) -> None:
    assert next_delay(previous, LONG_LIFE_S) == FIRST_S


class Clock:
    """Time that the test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_process_that_dies_is_started_again_after_its_wait_and_not_before(tmp_path: Path) -> None:
    clock, told = Clock(), list[tuple[str, float]]()
    child = Child(["sleep", "60"], tmp_path / "role.log", {})
    ward = Ward(Role("web", child, 1), lambda name, delay_s: told.append((name, delay_s)), clock)
    child.spawn()
    first = child.pid
    ward.tend()
    child.kill()
    ward.tend()
    clock.now = FIRST_S / 2
    ward.tend()
    assert (child.alive, told) == (False, [("web", FIRST_S)])
    clock.now = FIRST_S
    ward.tend()
    assert child.alive
    assert child.pid != first
    child.kill()


def test_a_program_that_cannot_be_started_is_tried_again_later(tmp_path: Path) -> None:
    clock, told = Clock(), list[float]()
    child = Child(["/nonexistent/program"], tmp_path / "role.log", {})
    ward = Ward(Role("web", child, 1), lambda _name, delay_s: told.append(delay_s), clock)
    for _ in range(6):
        ward.tend()
        clock.now += 0.2
    assert told == [0.2, 0.4, 0.8]


def test_a_program_that_does_not_stop_is_killed_with_its_children(tmp_path: Path) -> None:
    stubborn = "trap '' TERM; sleep 60 & echo $!; wait; sleep 60"
    child = Child(["/bin/bash", "-c", stubborn], tmp_path / "log", {"PATH": "/usr/bin:/bin"})
    child.spawn()
    while not last_line(tmp_path / "log"):
        pass
    grandchild = Path("/proc") / last_line(tmp_path / "log")
    assert grandchild.exists()
    child.stop(patience_s=0.1)
    gone = not grandchild.exists() or "\nState:\tZ" in (grandchild / "status").read_text()
    assert (child.alive, gone) == (False, True)


def test_a_log_that_grew_is_turned_over_while_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with log.open("ab", buffering=0) as writer:
        for number in range(6):
            writer.write(f"{number}".encode() * 11)
            turn_over(log, largest=10, copies=3)
        writer.write(b"now")
    kept = {path.name: path.read_text()[0] for path in tmp_path.iterdir()}
    assert kept == {"web.log": "n", "web.log.1": "5", "web.log.2": "4", "web.log.3": "3"}


def test_new_lines_of_logs_are_shown_once_and_whole(tmp_path: Path) -> None:
    (tmp_path / "web.log").write_text("before\n")
    shown: list[str] = []
    follower = Follower(tmp_path, shown.append)
    with (tmp_path / "web.log").open("a") as log:
        for piece in ("one\ntw", "o\n", "三\n"):
            log.write(piece)
            log.flush()
            follower.look()
    assert [line.strip() for line in shown] == ["web │ one", "web │ two", "web │ 三"]


def test_the_qr_code_is_square_enough_for_a_terminal() -> None:
    rows = qr_code("http://192.168.1.20:8470").splitlines()
    assert len({len(row) for row in rows}) == 1
    assert len(rows[0]) <= 40
