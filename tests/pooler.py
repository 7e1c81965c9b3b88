"""pgbouncer between the program and the tests' server, in transaction mode, with two connections for all."""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

import pytest

from tests.patience import PATIENCE_S
from tests.postgres import OWNER, Server, free_port, whom

SERVERS_SIDE = 2


class Pooler:
    """One pooler; gone when the context is left. Skips the test where this machine has no pgbouncer."""

    def __init__(self, server: Server) -> None:
        program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
        if program is None:
            pytest.skip("pgbouncer is not installed here")
        self._program = program
        self._server = server
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="shipworthy-pooler-")

    def __enter__(self) -> Self:
        folder = Path(self._folder.name)
        folder.chmod(0o755)
        (folder / "users").write_text(f'"{OWNER}" ""\n', encoding="utf-8")
        (folder / "pooler.ini").write_text(
            f"""
[databases]
* = host=127.0.0.1 port={self._server.port} user={OWNER}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {self._port}
unix_socket_dir =
auth_type = any
auth_file = {folder / "users"}
pool_mode = transaction
default_pool_size = {SERVERS_SIDE}
max_client_conn = 100
""",
            encoding="utf-8",
        )
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [self._program, folder / "pooler.ini"], cwd="/", stdout=log, stderr=log, **whom()
            )
        until_s = time.monotonic() + PATIENCE_S
        while "process up" not in (told := (folder / "log").read_text(encoding="utf-8")):
            assert self._process.poll() is None, told
            assert time.monotonic() < until_s, told
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(PATIENCE_S)
        self._folder.cleanup()

    def url(self, database: str) -> str:
        """The address of a database through the pooler."""
        return f"postgresql://{OWNER}@127.0.0.1:{self._port}/{database}"
