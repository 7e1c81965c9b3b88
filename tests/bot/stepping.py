"""The program with a clock that can be set: `python -m tests.bot.stepping OFFSET_FILE run --db …`.

The file holds by how many seconds the clock is off; it is read each time the program asks for the time.
"""

import sys
import time
from pathlib import Path

OFFSET = Path(sys.argv.pop(1))
_real = time.time_ns


def _shown() -> int:
    return _real() + int(OFFSET.read_text(encoding="ascii") or "0") * 1_000_000_000


time.time_ns = _shown

if __name__ == "__main__":
    from bot.cli import main

    main()
