"""How often people may ask, so that nobody's flood is everybody's wait.

What is counted is what costs work or is seen by a channel. Reactions are not: they are votes, and a vote is
never refused. They need no limit either. The marks of one person on one option of one ballot converge on one
row, however often they come, and a ballot's redraws have a budget of their own.
"""

import math
from collections import deque
from enum import Enum

from commands.budget import LoopTimer, Timer
from commands.errors import TooOften
from commands.model import TeamKey

WINDOW_S = 60.0

VOTES_FOR_EACH = 3
TYPED_FOR_EACH = 15
"""Presses and keystrokes there may be for each command: who compares by hand, however fast, stays below them."""


class Window:
    """At most so many within any minute for each key; 0 is no limit.

    What was refused does not count, so whoever waits as long as they were told to is let through. Keys that
    were idle for a minute are forgotten, and no key holds more than `most` times.
    """

    def __init__(self, most: int, timer: Timer) -> None:
        self.most = most
        self._timer = timer
        self._taken: dict[str, deque[float]] = {}

    def wait_s(self, key: str) -> float:
        """How long until one more is within the limit; 0 where it is now."""
        taken = self._taken.get(key)
        if not self.most or taken is None or len(taken) < self.most:
            return 0.0
        return max(0.0, taken[0] + WINDOW_S - self._timer.now())

    def take(self, key: str) -> None:
        """Count one more."""
        if not self.most:
            return
        now = self._timer.now()
        taken = self._taken.pop(key, None)
        if taken is None:
            taken = deque(maxlen=self.most)
        taken.append(now)
        self._taken[key] = taken  # the keys stay in order of their last use
        while (first := next(iter(self._taken))) != key and self._taken[first][-1] + WINDOW_S <= now:
            del self._taken[first]

    def __len__(self) -> int:
        """How many keys are held."""
        return len(self._taken)


class Act(Enum):
    """What is counted, each by itself: the words for doing it so often, and how many there may be for each command."""

    ASK = "asked {n} things", 1
    HOME = "opened this page {n} times", 1
    VOTE = "pressed {n} times on votes", VOTES_FOR_EACH
    TYPE = "typed {n} letters", TYPED_FOR_EACH

    def __init__(self, words: str, for_each: int) -> None:
        self.words = words
        self.for_each = for_each


class Limits:
    """The limits of one process: with several, somebody may do so much through each of them.

    `person` and `team` are commands a minute, `posts` those of a person's comparisons and cards that everybody
    in a channel sees; 0 is no limit. A team has no limit on votes, for a big one may vote all at once.
    """

    def __init__(self, *, person: int = 0, team: int = 0, posts: int = 0, timer: Timer | None = None) -> None:
        timer = timer or LoopTimer()
        self._persons = {act: Window(person * act.for_each, timer) for act in Act}
        self._teams = {act: Window(0 if act is Act.VOTE else team * act.for_each, timer) for act in Act}
        self._posts = Window(posts, timer)

    def count(self, act: Act, team: TeamKey, person: str) -> None:
        """Count one more; raises `TooOften`, counting nothing, where that is too many."""
        whole, own = f"{team.platform} {team.external_id}", _key(team, person)
        persons, teams = self._persons[act], self._teams[act]
        if wait_s := persons.wait_s(own):
            raise TooOften(f"You have {act.words.format(n=persons.most)} within a minute. {_please(wait_s)}.")
        if wait_s := teams.wait_s(whole):
            raise TooOften(f"Your team has {act.words.format(n=teams.most)} within a minute. {_please(wait_s)}.")
        persons.take(own)
        teams.take(whole)

    def count_post(self, team: TeamKey, person: str) -> None:
        """Count one more answer that all in a channel see; raises like `count`."""
        own = _key(team, person)
        if wait_s := self._posts.wait_s(own):
            raise TooOften(
                f"You have posted {self._posts.most} answers for everybody within a minute. {_please(wait_s)}, "
                "or add --quiet to see it alone."
            )
        self._posts.take(own)


def _key(team: TeamKey, person: str) -> str:
    return f"{team.platform} {team.external_id} {person}"


def _please(wait_s: float) -> str:
    seconds = math.ceil(wait_s)
    return f"Please wait {seconds} second{'s' * (seconds != 1)}"
