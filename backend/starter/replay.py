"""``ansu replay tep --fault 6``: play a recorded run as if the plant's gateway sent it now.

    ansu replay tep --list                  which runs there are
    ansu replay tep --fault 4               a row a second: 180 times as fast as it was recorded
    ansu replay tep --fault 0 --loop        normal work, over and over

Some normal rows come first, so that the rules see the change. Every batch is acknowledged by the broker.
"""

import argparse
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from backend.core.clock import now
from backend.core.settings import Settings
from backend.embedded import running_addresses
from backend.embedded.refusals import NotRunning, Refusal
from backend.starter.gateway import Gateway
from backend.starter.pack import PACKS, Pack, PackError, pack_codes, read_pack
from backend.starter.runs import Row, Run, read_run
from backend.supervisor.console import say

SOURCE = "gateway-1"
DEFAULT_SPEED = 180.0
NORMAL_FIRST = 20
_BAR = 24


@dataclass(frozen=True)
class Step:
    """One row to be sent; ``disturbed`` once the fault acts on the plant."""

    row: Row
    disturbed: bool


def main(argv: Sequence[str]) -> int:
    """Parse arguments and play; gives the exit code. Raises a Refusal for what a person can set right."""
    arguments = _parser().parse_args(argv)
    try:
        pack = read_pack(PACKS / arguments.pack)
        if arguments.list:
            say(list_of_runs(pack))
            return 0
        run = read_run(PACKS / arguments.pack, pack, arguments.fault)
    except PackError as error:
        raise Refusal(f"行业模板：{error}", f"Starter pack: {error}") from error
    steps = schedule(run, arguments.from_normal, arguments.rows)
    interval_s = 1 / arguments.rate if arguments.rate else pack.row_s / arguments.speed
    topic = f"ansu/{arguments.site or pack.site.code}/{arguments.source}/batch"
    say(f"{run.spec.name} / {run.spec.name_en} → {topic}")
    with Gateway(broker_url(Settings()), topic) as gateway, Pause() as pause:
        try:
            for _ in _rounds(forever=arguments.loop):
                play(gateway, steps, interval_s, Progress(run, len(steps), interval_s), pause)
        except KeyboardInterrupt:
            say("\n停止 / Stopping …")
        gateway.settle()
        say(f"服务器已确认 {gateway.acknowledged} 批 / The broker acknowledged {gateway.acknowledged} batches")
    return 0


def schedule(run: Run, normal_rows: int, rows: int | None) -> list[Step]:
    """The rows to send: at most ``normal_rows`` before the fault, then ``rows`` of it (None: all).

    A run of normal work has no fault: ``rows`` of it from its beginning.
    """
    begins = run.spec.fault_row
    if begins is None:
        return [Step(row, False) for row in run.rows[:rows]]
    before = [Step(row, False) for row in run.rows[max(begins - normal_rows, 0) : begins]]
    return before + [Step(row, True) for row in run.rows[begins:][:rows]]


class Pause:
    """Lets Ctrl-C interrupt only between two batches: inside the MQTT client it could leave a lock held for ever.

    A second Ctrl-C interrupts wherever it is.
    """

    def __init__(self) -> None:
        self._asked = self._resting = False
        self._former: Any = None

    def __enter__(self) -> "Pause":
        self._former = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._former)

    def until(self, moment: float) -> None:
        """Rest until the monotonic ``moment``. Raises KeyboardInterrupt for a Ctrl-C now or since the last rest."""
        self._resting = True
        try:
            if self._asked:
                raise KeyboardInterrupt
            time.sleep(max(0.0, moment - time.monotonic()))
        finally:
            self._resting = False

    def _ask(self, _signal: int, _frame: object) -> None:
        again, self._asked = self._asked, True
        if again or self._resting:
            raise KeyboardInterrupt


def play(gateway: Gateway, steps: Sequence[Step], interval_s: float, progress: "Progress", pause: Pause) -> None:
    """Send ``steps``, one every ``interval_s`` seconds, stamped with the moment they are sent."""
    began = time.monotonic()
    for number, step in enumerate(steps):
        pause.until(began + number * interval_s)
        gateway.publish(step.row, now())
        progress.show(number + 1, step)
    gateway.settle()
    progress.end()


def broker_url(settings: Settings) -> str:
    """``ANSU_MQTT_URL``, or the gateway's access to the running ``ansu up``. Raises NotRunning."""
    if settings.mqtt_url:
        return settings.mqtt_url
    running = running_addresses(settings)
    url = (running.gateway_mqtt_url or running.mqtt_url) if running else ""
    if not url:
        raise NotRunning(["ANSU_MQTT_URL"])
    return url


def list_of_runs(pack: Pack) -> str:
    """The runs of ``pack`` for the terminal, one a line."""
    rows = (f"  --fault {run.fault:<3} {run.name} / {run.name_en}" for run in pack.runs)
    return f"{pack.name} / {pack.name_en}\n" + "\n".join(rows)


class Progress:
    """A bar on a terminal, a line every tenth elsewhere: row of rows, what is played, how long it still takes."""

    def __init__(self, run: Run, total: int, interval_s: float) -> None:
        self._run = run
        self._total = total
        self._interval_s = interval_s
        self._live = sys.stdout.isatty()

    def show(self, sent: int, step: Step) -> None:
        """``sent`` rows have gone, ``step`` last."""
        if self._live:
            sys.stdout.write(f"\r\033[K{self.line(sent, step)}")
            sys.stdout.flush()
        elif sent == self._total or sent % max(self._total // 10, 1) == 0:
            say(self.line(sent, step))

    def line(self, sent: int, step: Step) -> str:
        """What is shown after ``sent`` rows."""
        filled = _BAR * sent // max(self._total, 1)
        left = int((self._total - sent) * self._interval_s)
        spec = self._run.spec
        played = f"故障 {spec.fault} / fault {spec.fault}" if step.disturbed else "正常 / normal"
        bar = "█" * filled + "·" * (_BAR - filled)
        return f"{bar} {sent}/{self._total} 行 rows · {played} · 还需 {left // 60}:{left % 60:02} left"

    def end(self) -> None:
        """Leave the bar's line."""
        if self._live:
            say()


def _rounds(*, forever: bool) -> Iterator[None]:
    yield
    while forever:
        yield


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ansu replay", description="回放真实运行数据 / replay recorded plant data")
    parser.add_argument("pack", choices=pack_codes(), help="行业模板 / starter pack")
    parser.add_argument("--list", action="store_true", help="列出可回放的运行 / list the runs")
    parser.add_argument("--fault", type=int, default=0, metavar="N", help="故障编号，0 为正常 / fault, 0: normal work")
    parser.add_argument(
        "--speed", type=_positive, default=DEFAULT_SPEED, metavar="S", help="倍速 / times as fast as recorded (180)"
    )
    parser.add_argument("--rate", type=_positive, metavar="R", help="每秒行数，代替倍速 / rows a second instead")
    parser.add_argument("--rows", type=_count, metavar="M", help="故障行数 / rows of the fault (all)")
    parser.add_argument(
        "--from-normal",
        type=_count,
        default=NORMAL_FIRST,
        metavar="M",
        help=f"先发 M 行正常数据 / normal rows first ({NORMAL_FIRST})",
    )
    parser.add_argument("--loop", action="store_true", help="循环，Ctrl-C 停止 / over and over until Ctrl-C")
    parser.add_argument("--site", default="", metavar="CODE", help="厂区代码 / site in the topic")
    parser.add_argument("--source", default=SOURCE, metavar="CODE", help="网关代码 / gateway in the topic")
    return parser


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError("> 0")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(">= 0")
    return value
