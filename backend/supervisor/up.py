"""``ansu up``: start everything, keep it alive, stop it in order. Data stays.

Everything happens on the main thread: the kernel ends children with the thread that started them.
"""

import argparse
import contextlib
import os
import re
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

from backend.core.settings import PROJECT_ROOT, Settings
from backend.embedded import Addresses, DataFolder, EmbeddedServers, running_addresses
from backend.embedded.addresses import forget_addresses, write_addresses
from backend.embedded.child import Child
from backend.embedded.monitor import subscriptions
from backend.embedded.refusals import FolderInUse, OtherVersion, StepFailed, refusal_of
from backend.supervisor.console import Welcome, banner, lan_address, say
from backend.supervisor.logs import Follower, last_line, turn_over
from backend.supervisor.reach import EVERYWHERE, Reach
from backend.supervisor.ward import Process, Role, Ward

TICK_S = 0.1
TURN_OVER_EVERY_S = 10.0
READY_PATIENCE_S = 60.0
LISTENING_PATIENCE_S = 20.0
"""So long a new installation isn't called ready before its ingest listens: what came earlier would go nowhere."""
ROLES = {"web": 8.0, "ingest": 10.0, "worker": 10.0}
"""The roles in the order in which they start and stop, and how many seconds each may take to stop."""
_UNKNOWN_REVISION = re.compile(r"Can't locate revision identified by '([^']+)'")
_SERVER_OF = {"database_url": "postgres", "redis_url": "valkey", "mqtt_url": "broker"}


def run(argv: list[str]) -> int:
    """Parse arguments and supervise until Ctrl-C or SIGTERM. Raises a Refusal when it can't start."""
    parser = argparse.ArgumentParser(prog="ansu up", description="启动全部服务 / start everything")
    parser.add_argument("--lan", action="store_true", help="允许局域网内的手机和网关访问 / let phones and gateways in")
    parser.add_argument("--verbose", action="store_true", help="在控制台显示日志 / show logs on the console")
    arguments = parser.parse_args(argv)
    settings = Settings()
    secure = arguments.lan and not settings.public_url
    if arguments.lan:
        settings = settings.model_copy(update=dict.fromkeys(("host", "mqtt_host"), "0.0.0.0"))  # noqa: S104 - asked for
    try:
        return Supervisor(settings, verbose=arguments.verbose, secure=secure).run()
    except OSError as error:
        raise refusal_of(error, settings.data_dir) or error from error


class _StopAsked(BaseException):
    """A signal came while something was waited for."""


class Supervisor:
    """One run of ``ansu up``."""

    def __init__(self, settings: Settings, *, verbose: bool = False, secure: bool = False) -> None:
        self.settings = settings
        self.reach = Reach(settings, secure)
        self.verbose = verbose
        self.folder = DataFolder(settings.data_dir)
        self.servers = EmbeddedServers(
            self.folder,
            system_state=settings.system_state_dir,
            mqtt_host=settings.mqtt_host,
            mqtt_port=settings.mqtt_port,
            mqtt_sync_always=settings.mqtt_sync_always,
            which=[server for name, server in _SERVER_OF.items() if not getattr(settings, name)],
        )
        self.wards: list[Ward] = []
        self.roles: list[Role] = []
        self._signals = 0
        self._interruptible = False
        """Whether the next signal raises ``_StopAsked`` where we are: once, while starting or stopping waits."""
        self._began = time.monotonic()
        self._wake = threading.Event()

    def run(self) -> int:
        """Start, watch, stop; gives the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        try:
            self._interruptible = True
            self._start()
            self._interruptible = False
            self._watch()
        except _StopAsked:
            pass
        finally:
            self._stop()
        return 0

    def _start(self) -> None:
        banner(self.folder.path)
        self._open_folder()
        self.reach.check_ports()
        self.reach.certify()
        if self.servers.servers:
            say("启动服务器 / Starting " + ", ".join(server.name for server in self.servers.servers) + " …")
        self.servers.start()
        addresses = self._addresses()
        environment = self._environment(addresses)
        say("更新数据库 / Bringing the database up to date …")
        self._migrate(environment)
        self._load_demo(environment)
        write_addresses(self.folder.path, addresses)
        patience = ROLES | self.reach.roles
        self.roles = [self._role(name, seconds, environment) for name, seconds in patience.items()]
        for role in self.roles:
            role.spawn()
        processes: list[Process] = [*self.servers.servers, *self.roles]
        self.wards = [Ward(process, self._tell_death) for process in processes]

    def _watch(self) -> None:
        follower = Follower(self.folder.logs, say) if self.verbose else None
        answered = False
        patience_ends = time.monotonic() + READY_PATIENCE_S
        turned_over = time.monotonic()
        while not self._wake.wait(TICK_S):
            for ward in self.wards:
                ward.tend()
            self.reach.tend()
            if not answered and self.reach.answers() and self._listens():
                answered = True
                self._welcome().show()
            elif not answered and time.monotonic() > patience_ends:
                patience_ends = float("inf")
                say(f"网页还没有应答 / Web doesn't answer yet: {last_line(self.folder.logs / 'web.log')}")
            if follower is not None:
                follower.look()
            if time.monotonic() - turned_over > TURN_OVER_EVERY_S:
                turned_over = time.monotonic()
                for log in self.folder.logs.glob("*.log"):
                    turn_over(log)

    def _stop(self) -> None:
        """Roles first, PostgreSQL last. A further signal ends all that is left at once."""
        try:
            self._interruptible = True
            self._stop_in_order()
        except _StopAsked:
            say("强制停止 / Forced to stop")
            for role in self.roles:
                role.kill()
            self.servers.kill()
        self._interruptible = False
        if self.folder.held:
            with contextlib.suppress(OSError):
                forget_addresses(self.folder.path)
        self.folder.close()
        if self.wards:
            say("已停止，数据已保留 / Stopped; data is kept")

    def _stop_in_order(self) -> None:
        if self.wards:
            say("\n正在停止 / Stopping …")
        if self._signals > 1:
            raise _StopAsked
        for role in self.roles:
            role.child.ask_to_stop()
        for role in self.roles:
            role.stop()
        self.servers.stop()

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._signals += 1
        self._wake.set()
        if self._interruptible:
            self._interruptible = False
            raise _StopAsked

    def _open_folder(self) -> None:
        try:
            self.folder.open()
        except FolderInUse:
            running = running_addresses(self.settings)
            if running is not None:
                say(f"已在运行 / Already running: {running.web_url}")
            raise
        if self.folder.new and self.settings.demo and not self.settings.database_url:
            self._demo_wanted.touch()

    @property
    def _demo_wanted(self) -> Path:
        """Marks a database of our own that should get the demo site and hasn't got all of it yet."""
        return self.folder.path / "demo-wanted"

    def _addresses(self) -> Addresses:
        embedded = self.servers.addresses
        own = self.settings
        return replace(
            embedded,
            database_url=own.database_url or embedded.database_url,
            redis_url=own.redis_url or embedded.redis_url,
            mqtt_url=own.mqtt_url or embedded.mqtt_url,
            mqtt_monitor_url=own.mqtt_monitor_url or embedded.mqtt_monitor_url,
            mqtt_protocol=embedded.mqtt_protocol if own.mqtt_protocol == "auto" else own.mqtt_protocol,
            web_url=self.reach.local_url,
            public_url=self.reach.public_url,
        )

    def _environment(self, addresses: Addresses) -> dict[str, str]:
        own = {
            "ANSU_DATA_DIR": str(self.folder.path),
            "PYTHONPATH": str(PROJECT_ROOT),
            "PYTHONUNBUFFERED": "1",
        }
        return {**os.environ, **addresses.environment(), **own, **self.reach.environment("")}

    def _migrate(self, environment: dict[str, str]) -> None:
        try:
            self._step("migrate", "更新数据库", "Migration", environment)
        except StepFailed as failure:
            newer = _UNKNOWN_REVISION.search(failure.zh)
            if newer is None:
                raise
            known = max(path.stem for path in (PROJECT_ROOT / "migrations" / "versions").glob("*.py"))
            raise OtherVersion(self.folder.path, "database", newer[1], known) from failure

    def _step(self, name: str, zh: str, en: str, environment: dict[str, str]) -> None:
        """Run ``ansu <name>`` to its end. Raises StepFailed."""
        child = self._child(name, environment)
        child.spawn()
        try:
            if child.process is not None and child.process.wait():
                raise StepFailed(zh, en, child.log, last_line(child.log))
        except _StopAsked:
            child.kill()
            raise

    def _load_demo(self, environment: dict[str, str]) -> None:
        """Load the demo site if it is wanted. The start goes on without it when that fails; the next tries again."""
        if not self._demo_wanted.exists():
            return
        say("装入演示厂区 / Loading the demo site …")
        try:
            self._step("demo", "装入演示厂区", "Loading the demo site", environment)
            self._demo_wanted.unlink()
        except StepFailed as failure:
            say(str(failure))

    def _child(self, name: str, environment: dict[str, str]) -> Child:
        argv = [sys.executable, "-m", "backend.cli", name]
        return Child(argv, self.folder.logs / f"{name}.log", environment, cwd=PROJECT_ROOT)

    def _role(self, name: str, patience_s: float, environment: dict[str, str]) -> Role:
        return Role(name, self._child(name, environment | self.reach.environment(name)), patience_s)

    def _tell_death(self, name: str, delay_s: float) -> None:
        at = time.strftime("%H:%M:%S")
        say(f"{at} {name} 意外退出，{delay_s:g} 秒后重启 / ended unexpectedly, starts again in {delay_s:g} s")

    def _listens(self) -> bool:
        """Whether the embedded broker keeps messages for the ingest; of other brokers we take it for granted."""
        if self.servers.broker not in self.servers.servers:
            return True
        try:
            listening = bool(subscriptions(self.servers.broker.monitor_url, patience_s=1))
        except (OSError, ValueError):
            listening = False
        return listening or time.monotonic() - self._began > LISTENING_PATIENCE_S

    def _welcome(self) -> Welcome:
        broker = self.servers.broker if self.servers.broker in self.servers.servers else None
        url = self.reach.public_url
        host = lan_address() if self.settings.mqtt_host in EVERYWHERE else self.settings.mqtt_host
        return Welcome(
            url=url,
            trust_url=self.reach.trust_url,
            fingerprint=self.reach.fingerprint,
            reachable_by_phone="127.0.0.1" not in url and "localhost" not in url,
            seconds=time.monotonic() - self._began,
            mqtt=f"{host}:{broker.port}" if broker else "",
            gateway_password=self.folder.secret_file("mqtt-gateway"),
            demo_accounts=self.folder.path / "demo-accounts.json",
            data_dir=self.folder.path,
        )
