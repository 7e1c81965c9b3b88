"""The real program, stormed with votes and killed at random moments: what it acknowledged is in the store."""

import contextlib
import random
import re
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tests import program

ROUNDS = 6
TYPED_AHEAD = 5_000
ANSWER = re.compile(
    r"p\d+(?:: (?:takes back )?(?:ship|skip)| says so already:| had not said so:) .* on #1(?:\. Nothing changed\.)?"
)

Marks = set[tuple[str, int]]


@dataclass(frozen=True)
class Vote:
    """One person's mark, as it is typed."""

    person: str
    option: int
    active: bool

    def lines(self) -> list[str]:
        """What is typed."""
        sign = "+" if self.active else "-"
        return [f"/as {self.person}", f"{sign}{self.option or 'skip'}"]

    def change(self, marks: Marks) -> Marks:
        """The marks that are on after this one."""
        return marks | {(self.person, self.option)} if self.active else marks - {(self.person, self.option)}


def votes(chance: random.Random) -> Iterator[Vote]:
    """Votes of a few people who keep changing their minds."""
    while True:
        yield Vote(f"p{chance.randrange(20)}", chance.randrange(3), chance.random() < 0.6)


def stored(db: Path) -> Marks:
    with contextlib.closing(sqlite3.connect(db)) as conn:
        return set(conn.execute("SELECT person, option FROM marks WHERE active"))


def storm(db: Path, typed: list[Vote], seconds: float) -> int:
    """Type these votes as fast as they are taken, kill the program after a while; how many it acknowledged."""
    lines = [line for vote in typed for line in vote.lines()]
    with program.Chat(db, COLUMNS="200") as chat:

        def feed() -> None:
            with contextlib.suppress(BrokenPipeError):
                chat.type(lines)

        feeder = threading.Thread(target=feed)
        feeder.start()
        begun = chat.until(" on #1")
        with contextlib.suppress(subprocess.TimeoutExpired):
            chat.process.wait(seconds)
        chat.process.kill()
        page = begun + chat.rest()
        feeder.join()
    whole, _, _cut = page.rpartition("\n")
    return sum(ANSWER.fullmatch(line) is not None for line in whole.splitlines())


def test_every_vote_the_program_acknowledged_outlives_a_kill_and_the_counters_fit(tmp_path: Path) -> None:
    db = tmp_path / "state.db"
    begun = program.run("chat", "--db", str(db), folder=tmp_path, script="/compare mistral code vs mistral 8x22b\n")
    assert begun.returncode == 0
    chance = random.Random()  # noqa: S311 - chance here is no secret
    marks: Marks = set()
    acknowledged = 0
    for _ in range(ROUNDS):
        typed = list(islice(votes(chance), TYPED_AHEAD))
        taken = storm(db, typed, chance.uniform(0.0, 0.6))
        assert 0 < taken < TYPED_AHEAD
        for vote in typed[:taken]:
            marks = vote.change(marks)
        # The vote after the last one acknowledged may have been stored before it could be told.
        found = stored(db)
        assert found in (marks, typed[taken].change(marks))
        marks = found
        acknowledged += taken
    assert acknowledged > ROUNDS
    checked = program.run("db", "check", "--db", str(db), folder=tmp_path)
    assert (checked.returncode, checked.stdout) == (0, "1 team checked, none with wrong counters\n")
