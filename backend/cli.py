"""``ansu …``: one table of subcommands, each loaded only when called, so that the command line starts at once."""

import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from backend.core.collecting import look_seldom


@dataclass(frozen=True)
class Command:
    """One subcommand: ``module:function`` takes the remaining arguments and gives the exit code."""

    target: str
    zh: str
    en: str
    needs: tuple[str, ...] = ()
    """Settings without which it can't work; found from the running ``ansu up`` when not set."""
    finds: tuple[str, ...] = ()
    """Settings it would like; taken from the running ``ansu up`` when there is one."""
    keeps_name: bool = False
    """Whether the function wants the subcommand's name as its first argument."""


_DATABASE = ("database_url",)
_BROKER = ("mqtt_url",)
_ALL = ("database_url", "redis_url", "mqtt_url", "mqtt_monitor_url")

COMMANDS: Mapping[str, Command] = {
    "up": Command("backend.supervisor.up:run", "启动全部服务", "start everything"),
    "web": Command("backend.web_role:run", "网页与接口", "pages, API and sockets", _DATABASE, _ALL),
    "door": Command("backend.lan.door:run", "引导手机信任本机证书", "lead phones to https"),
    "ingest": Command("backend.ingest_role:run", "接收读数", "take readings in", _DATABASE + _BROKER, _ALL),
    "worker": Command("workers.main:run", "后台任务", "background jobs", _DATABASE, _ALL),
    "migrate": Command("backend.core.migrate:run", "更新数据库结构", "bring the tables up to date", _DATABASE),
    "demo": Command("backend.starter.demo:load", "装入演示厂区", "load the demo site", _DATABASE, _ALL),
    "site": Command("backend.starter.founding:main", "新建厂区和管理员", "make a site and its admin", _DATABASE),
    "labels": Command("backend.labels.cli:main", "打印设备和区域的标签", "print labels", _DATABASE, ("public_url",)),
    "replay": Command("backend.starter.replay:main", "回放真实运行数据", "replay recorded plant data"),
    "detect": Command("backend.tracing.cli:main", "在文件上检测异常", "detect on files", keeps_name=True),
    "trace": Command("backend.tracing.cli:main", "在文件上追溯根源", "trace to the root on files", keeps_name=True),
    "impact": Command("backend.tracing.cli:main", "在文件上推断影响", "find the reach on files", keeps_name=True),
    "indicators": Command(
        "backend.operations.indicators.cli:main", "重新统计效能指标", "count the indicators anew", _DATABASE
    ),
    "doctor": Command("backend.governance.doctor:main", "检查运行状况", "check that all is well", (), _ALL),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand; gives its exit code. What a person can set right is said in a sentence, without traceback."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    name, *rest = sys.argv[1:] if argv is None else argv or ("--help",)
    if name in {"-h", "--help", "help"}:
        print(_usage())
        return 0
    if name in {"-V", "--version", "version"}:
        print(f"AnSu {importlib.import_module('backend').__version__}")
        return 0
    look_seldom()
    command = COMMANDS.get(name)
    if command is None:
        print(f"没有子命令 {name} / no subcommand {name}\n\n{_usage()}", file=sys.stderr)
        return 2
    try:
        return _run(command, name, rest)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        said = _sentence(error)
        if said is None:
            raise
        print(said, file=sys.stderr)
        return 1


def _run(command: Command, name: str, rest: list[str]) -> int:
    _find_servers(command)
    module, _, function = command.target.partition(":")
    handler: Callable[[list[str]], int] = getattr(importlib.import_module(module), function)
    return handler([name, *rest] if command.keeps_name else rest)


def _find_servers(command: Command) -> None:
    """Set the addresses the command wants from the running ``ansu up``, where the environment doesn't give them."""
    wanted = [n for n in dict.fromkeys((*command.needs, *command.finds)) if not os.environ.get(f"ANSU_{n.upper()}")]
    if not wanted:
        return
    from backend.core.settings import Settings
    from backend.embedded import running_addresses
    from backend.embedded.refusals import NotRunning

    found = running_addresses(Settings())
    known = found.environment() if found else {}
    if "mqtt_url" in wanted and not os.environ.get("ANSU_MQTT_PROTOCOL"):
        wanted.append("mqtt_protocol")
    os.environ.update({key: known[key] for n in wanted if (key := f"ANSU_{n.upper()}") in known})
    missing = [f"ANSU_{n.upper()}" for n in command.needs if not os.environ.get(f"ANSU_{n.upper()}")]
    if missing:
        raise NotRunning(missing)


def _sentence(error: Exception) -> str | None:
    """What to tell a person about an error that isn't a defect of ours; None for one that is."""
    from pydantic import ValidationError

    from backend.embedded.refusals import Refusal, WrongSettings

    if isinstance(error, ValidationError) and error.title == "Settings":
        wrong = {f"ANSU_{'_'.join(map(str, e['loc'])).upper()}": e["msg"] for e in error.errors()}
        return str(WrongSettings(wrong))
    return str(error) if isinstance(error, Refusal) else None


def _usage() -> str:
    width = max(map(len, COMMANDS))
    rows = "\n".join(f"  {name:<{width}}  {c.zh} / {c.en}" for name, c in COMMANDS.items())
    return f"用法 / usage: ansu <子命令 subcommand> […]\n\n{rows}\n\nansu <子命令> --help 查看参数 / its arguments"


if __name__ == "__main__":
    raise SystemExit(main())
