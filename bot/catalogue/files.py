"""Opening a catalogue file and reading it in the format that its name tells."""

import stat
from collections.abc import Iterator
from pathlib import Path

from bot.catalogue.csv_file import read_csv
from bot.catalogue.json_file import read_json
from bot.catalogue.stream import Item, Mistake, TextFile, Unreadable
from bot.catalogue.yaml_file import read_yaml

_READERS = {".yaml": read_yaml, ".yml": read_yaml, ".json": read_json, ".csv": read_csv}


def read(path: Path) -> Iterator[Item | Mistake]:
    """Yield what stands in a catalogue file, tool by tool, with whatever is wrong with its form.

    Holds one tool at a time, whatever the size of the file, and never raises for what is in it.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        yield Mistake(1, "the name of a catalogue file ends in .yaml, .yml, .json or .csv")
        return
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            yield Mistake(1, "this is not a file")
            return
        with path.open("rb") as raw:
            text = TextFile(raw)
            try:
                for found in reader(text):
                    yield from text.mistakes()
                    yield found
            except Unreadable as error:
                yield from text.mistakes()
                yield error.mistake
            yield from text.mistakes()
    except (OSError, ValueError) as error:
        told = error.strerror if isinstance(error, OSError) else str(error)
        yield Mistake(1, f"the file cannot be read ({told})")
