"""How long `shipworthy ask '/help'` takes from nothing, against importing the libraries it stands on."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WANTED = 2.5
IMPORTS = [sys.executable, "-c", "import pydantic, aiosqlite, rich"]
CACHED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Both sides run from Python's cache of compiled files, as an installed program does."""


def main(*, short: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        program = Path(sys.executable).with_name("shipworthy")
        ask = [str(program), "ask", "/help", "--db", str(Path(folder) / "state.db")]
        run(ask)
        ours, theirs = [], []
        for _ in range(5 if short else 30):
            ours.append(run(ask)[0])
            theirs.append(run(IMPORTS)[0])
        memory = run(ask)[1]
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(
        f"start of `shipworthy ask '/help'`: {ratio:.2f} times `{IMPORTS[-1]}` "
        f"({statistics.median(ours) * 1e3:.0f} ms against {statistics.median(theirs) * 1e3:.0f} ms; "
        f"wanted at most {WANTED}); {memory / 1024:.0f} MB resident"
    )


def run(command: list[str]) -> tuple[float, int]:
    """Seconds from start to end, and the peak of resident memory in KB."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=CACHED)
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} failed")
    return took, usage.ru_maxrss
