"""What the core counts: every command by how it ended, and every mark by what it came to."""

from collections import Counter
from dataclasses import dataclass, field, replace

import pytest

from commands import tracing
from commands.core import COMMANDS, Core
from commands.declare import Ask, Command
from commands.errors import Unavailable
from commands.measure import MarkOutcome, Outcome, Unmeasured
from commands.model import Asker, Channel, Mark, Message, Recorded, Request, TeamKey, Via
from commands.reply import Reply
from tests.commands.conftest import Team

ASK = Request(TeamKey("slack", "T1"), Channel("general"), Asker("ann", "UTC"), "")
SECONDS = 0.25


@dataclass
class Figures(Unmeasured):
    """Keeps what it is told, on a clock that goes on by a quarter of a second whenever it is read."""

    counted: Counter[tuple[str, ...]] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def now(self) -> float:
        self.seconds += SECONDS
        return self.seconds

    def command(self, name: str, platform: str, outcome: Outcome, seconds: float) -> None:
        self.counted[name, platform, outcome] += 1
        self.took.append(seconds)

    def mark(self, platform: str, outcome: MarkOutcome) -> None:
        self.counted[platform, outcome] += 1


async def broken(ask: Ask) -> Reply:
    raise RuntimeError(ask.words)


async def away(ask: Ask) -> Reply:
    raise Unavailable(ask.words)


OWN = (Command("broken", "/broken", "Break", broken), Command("away", "/away", "Be away", away))


@pytest.fixture
def figures() -> Figures:
    return Figures()


@pytest.fixture
def core(team: Team, figures: Figures) -> Core:
    return Core(replace(team.memory.ports(), measures=figures), COMMANDS + OWN)


@pytest.mark.parametrize(
    ("line", "name", "outcome"),
    [
        ("/compare mistral code vs mistral next", "compare", "ok"),
        ("  /COMPARE ", "compare", "refused"),
        ("", "help", "ok"),
        ("/", "help", "ok"),
        ("/broken words", "broken", "failed"),
        ("/away", "away", "unavailable"),
        ("/anything else", "unknown", "refused"),
        ("unknown", "unknown", "refused"),
        ("/compare " + "x" * 500, "compare", "refused"),
        ("x" * 100_000, "unknown", "refused"),
    ],
)
async def test_a_command_is_counted_under_a_declared_name_by_how_it_ended(
    core: Core, figures: Figures, line: str, name: str, outcome: str
) -> None:
    await core.run(replace(ASK, text=line))
    assert figures.counted == {(name, "slack", outcome): 1}
    assert figures.took == [SECONDS]


async def test_a_mark_is_counted_by_what_it_came_to(team: Team, core: Core, figures: Figures) -> None:
    reply = await team.post("/compare mistral code vs mistral next")
    address = team.address(reply)
    mark = Mark(address, "ann", 0, Via.REACTION, active=True, at_us=5)
    await core.mark(mark)
    await core.mark(mark)
    await core.mark(replace(mark, ballot=Message("terminal", "general", "nowhere")))
    assert reply.ballot is not None
    await core.press(team.key, reply.ballot.id, "bob", 1)
    assert figures.counted == {
        ("terminal", "changed"): 2,
        ("terminal", "unchanged"): 1,
        ("terminal", "unknown"): 1,
    }


@pytest.mark.parametrize(("error", "outcome"), [(Unavailable("gone"), "unavailable"), (KeyError("x"), "failed")])
async def test_a_mark_that_could_not_be_stored_is_counted_and_still_raises(
    team: Team, figures: Figures, error: Exception, outcome: str
) -> None:
    class Down:
        async def record(self, _mark: Mark) -> Recorded:
            raise error

    core = Core(replace(team.memory.ports(), measures=figures, votes=Down()))  # type: ignore[arg-type] # it does no more
    with pytest.raises(type(error)):
        await core.mark(Mark(Message("discord", "1", "2"), "ann", 0, Via.REACTION, active=True))
    assert figures.counted == {("discord", outcome): 1}


async def test_what_is_told_of_a_bug_is_the_id_of_the_delivery_which_becomes_a_command(core: Core) -> None:
    tracing.begin("slack", "T1", "command")
    reply = await core.run(replace(ASK, text="/broken"))
    assert reply.plain.endswith(f"Reference {tracing.current()}.")
    assert [delivery.what for delivery in tracing.deliveries()] == ["broken"]
