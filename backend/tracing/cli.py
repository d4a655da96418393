"""`ansu detect|trace|impact` on files: the engine without server or database.

The contract (arguments, files, meaning) is that of the scoring harness; docs/tracing.md repeats it.
"""

import argparse
import sys
from collections.abc import Callable, Sequence

from backend.tracing.answering import detected, reached, traced
from backend.tracing.casefile import CaseFileError, read_case, read_graph, write_json, write_scores


def main(argv: Sequence[str]) -> int:
    """Run `argv` (`argv[0]` is detect, trace or impact). 0: written; 2: bad arguments or files, said on stderr."""
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    run: Callable[[argparse.Namespace], None] = arguments.run
    try:
        run(arguments)
    except CaseFileError as error:
        sys.stderr.write(f"ansu {argv[0]}: {error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ansu", description="异常检测与双向溯源 / detection and two-way tracing on files"
    )
    verbs = parser.add_subparsers(required=True, metavar="detect|trace|impact")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--in", dest="input", required=True, metavar="CSV", help="读数 / readings: timestamp,variable,…"
    )
    shared.add_argument(
        "--normal-rows", type=int, required=True, metavar="N", help="前 N 行正常 / first N rows are normal"
    )
    shared.add_argument("--out", required=True, metavar="FILE", help="结果文件 / where the answer goes")
    plant = argparse.ArgumentParser(add_help=False)
    plant.add_argument("--topology", metavar="JSON", help="工厂拓扑 / plant graph")
    plant.add_argument("--alarm-columns", default="", metavar="A,B", help="报警列 / columns that are alarms")
    detecting = verbs.add_parser("detect", parents=[shared], help="逐行预警 / early warning row by row")
    detecting.add_argument(
        "--false-alarm-rate", type=float, default=0.01, metavar="P", help="允许误报率 / accepted rate"
    )
    detecting.set_defaults(run=_detect)
    tracing = verbs.add_parser("trace", parents=[shared, plant], help="从结果到根源 / from the symptom to the root")
    tracing.add_argument("--target", metavar="VAR", help="要解释的测点 / the symptom")
    tracing.set_defaults(run=_trace)
    reaching = verbs.add_parser("impact", parents=[shared, plant], help="从根源到影响 / from the root to its reach")
    reaching.add_argument("--from", dest="sources", required=True, metavar="VAR[,VAR]", help="起点 / where it starts")
    reaching.set_defaults(run=_impact)
    return parser


def _detect(arguments: argparse.Namespace) -> None:
    found = detected(read_case(arguments.input, arguments.normal_rows), arguments.false_alarm_rate)
    write_scores(arguments.out, found.scores.tolist(), found.alarms.tolist())


def _trace(arguments: argparse.Namespace) -> None:
    case, graph = read_case(arguments.input, arguments.normal_rows), read_graph(arguments.topology)
    write_json(arguments.out, traced(case, graph, arguments.target, _names(arguments.alarm_columns)))


def _impact(arguments: argparse.Namespace) -> None:
    case, graph = read_case(arguments.input, arguments.normal_rows), read_graph(arguments.topology)
    write_json(arguments.out, reached(case, graph, _names(arguments.sources)))


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]
