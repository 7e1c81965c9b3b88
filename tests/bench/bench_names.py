"""How fast names are found among very many, beside comparing with all of them, and how often the right one is.

    python -m tests.bench.bench_names            100,000 tools
    python -m tests.bench.bench_names --short     10,000 tools

The two figures of a ratio are taken side by side in one run. Nothing here depends on a clock or on chance:
the names and the typing errors come from a fixed seed.
"""

import gc
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from rapidfuzz import fuzz, process

from commands.model import ToolName
from commands.naming import Ambiguous, Exact, Found, NameIndex, Near

SEED = 20_26
FULL = 100_000
SHORT = 10_000
MOST_COMPLETION = 1 / 20
MOST_TYPO = 1 / 8
LEAST_FOUND = 0.95
TYPOS = 300
COMPLETIONS = 2_000
COMPARED_WITH_ALL = 40
"""How often the slow way is timed among the others; each takes a good part of a second."""

FIRST = """
Code Pixel Voice Agent Doc Data Mind Deep Open Smart Chat Copy Sound Vision Query Flow Neural Prompt Lumen Atlas Nova
Orbit Quill Raven Sable Tempo Umbra Vertex Willow Zephyr Cobalt Ember Falcon Garnet Harbor Indigo Jasper Kestrel
Lattice Magnet Nimbus Onyx Prairie Quartz River Summit Thistle Velvet Walnut Yonder Bramble Cinder Drift
"""
SECOND = """
Pilot Forge Scribe Llama Wave Loom Craft Sense Stack Spark Bridge Guard Lens Bot Studio Canvas Engine Writer Reader
Coder Tuner Parser Finder Mapper Weaver Keeper Runner Sketch Mixer Router Planner Tracker Builder Painter Composer
Transcriber Summarizer Translator Detector Generator Inspector Debugger Reviewer Analyst Researcher
"""
TAIL = """
AI, Pro, Mini, Max, Turbo, Instruct, Lite, Plus, Cloud, Desktop, Mobile, Enterprise, Preview, Next, Ultra, Flash,
Vision, Agentic, (Beta), (Open Source), for Teams, for Slack, for Excel, for Lawyers, for Nurses, for Shopify,
& Friends, Mixture-of-Experts
"""
SYLLABLES = "ba ce di fo gu ka le mi no pu ra se ti vo xu za bri cla dro fle gri plo qua sti tra vel zen"
FIRSTS, SECONDS, SYLLABLE = (words.split() for words in (FIRST, SECOND, SYLLABLES))
TAILS = [tail.strip() for tail in TAIL.split(",")]
SIZES = ("1B", "3B", "7B", "8B", "13B", "22B", "34B", "70B", "200B", "400B", "8x7B", "8x22B")
NEIGHBOURS = {
    letter: row[max(0, place - 1) : place] + row[place + 1 : place + 2]
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for place, letter in enumerate(row)
}


def names(count: int, chance: random.Random) -> list[ToolName]:
    """So many plausible tools, no two of one name; most have a made-up word, a version or a size."""
    made: dict[str, None] = {}
    while len(made) < count:
        first = chance.choice(FIRSTS) if chance.random() < 0.4 else coined(chance)
        words = [first]
        if chance.random() < 0.75:
            words.append(chance.choice(SECONDS))
        if chance.random() < 0.35:
            words.append(chance.choice((str(chance.randint(2, 9)), f"{chance.randint(1, 6)}.{chance.randint(0, 9)}")))
        if chance.random() < 0.25:
            words.append(chance.choice(SIZES))
        if chance.random() < 0.4:
            words.append(chance.choice(TAILS))
        made[" ".join(words)] = None
    return [
        ToolName(place + 1, f"{''.join(c if c.isalnum() else '-' for c in name.casefold())}-{place}", name)
        for place, name in enumerate(made)
    ]


def coined(chance: random.Random) -> str:
    """A word such as start-ups coin."""
    word = "".join(chance.choice(SYLLABLE) for _ in range(chance.randint(2, 4)))
    return (word + chance.choice(("", "", "", "ly", "ify", "r", "x", "io", "ai"))).capitalize()


def typos(tools: Sequence[ToolName], chance: random.Random) -> Iterator[tuple[str, ToolName]]:
    """Mistyped names with the tool that was wanted, the six ways of mistyping in turn."""
    ways = (dropped, swapped, doubled, neighbour, joined, reordered)
    while True:
        for way in ways:
            tool = chance.choice(tools)
            typed = way(tool.name.lower(), chance)
            if typed != tool.name.lower():
                yield typed, tool


def at_letter(name: str, chance: random.Random) -> int:
    """The place of a letter that somebody may get wrong; the first rarely is."""
    able = [place for place, letter in enumerate(name) if letter.isalpha() and place] or [0]
    return chance.choice(able)


def dropped(name: str, chance: random.Random) -> str:
    """One letter left out."""
    place = at_letter(name, chance)
    return name[:place] + name[place + 1 :]


def swapped(name: str, chance: random.Random) -> str:
    """Two letters the wrong way round."""
    place = at_letter(name[:-1], chance)
    return name[:place] + name[place + 1] + name[place] + name[place + 2 :]


def doubled(name: str, chance: random.Random) -> str:
    """One letter twice."""
    place = at_letter(name, chance)
    return name[:place] + name[place] + name[place:]


def neighbour(name: str, chance: random.Random) -> str:
    """The key beside the right one."""
    place = at_letter(name, chance)
    return name[:place] + chance.choice(NEIGHBOURS.get(name[place], name[place])) + name[place + 1 :]


def joined(name: str, chance: random.Random) -> str:
    """One space forgotten."""
    able = [place for place, letter in enumerate(name) if letter == " "]
    place = chance.choice(able) if able else len(name)
    return name[:place] + name[place + 1 :]


def reordered(name: str, chance: random.Random) -> str:
    """The words in another order, with a letter left out."""
    words = name.split()
    chance.shuffle(words)
    return dropped(" ".join(words), chance)


def offered(found: Found) -> tuple[ToolName, ...]:
    """The first three tools that an answer shows."""
    match found:
        case Exact(tool):
            return (tool,)
        case Near(tools) | Ambiguous(tools):
            return tools[:3]
    return found.nearest[:3]


def timed(asks: Sequence[str], answer: Callable[[str], object]) -> list[float]:
    """How long each takes, in seconds, sorted."""
    took = []
    for ask in asks:
        begun = time.perf_counter()
        answer(ask)
        took.append(time.perf_counter() - begun)
    return sorted(took)


def part(times: Sequence[float], share: float) -> float:
    """The time within which this share of them was done."""
    return times[min(len(times) - 1, int(share * len(times)))]


def resident() -> float:
    """The most memory this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def line(label: str, times: Sequence[float]) -> None:
    """Print one row of figures."""
    print(f"  {label:<34} p50 {part(times, 0.5) * 1e3:8.3f} ms   p99 {part(times, 0.99) * 1e3:8.3f} ms")


def verdict(label: str, figure: float, target: float, *, count: int) -> None:
    """Print one ratio beside its target, which is meant for the full number of tools."""
    met = "met" if figure < target else "MISSED" if count >= FULL else f"is for {FULL:,} tools"
    print(f"  {label:<34} 1/{1 / figure:.0f}   target 1/{1 / target:.0f} {met}")


def accuracy(index: NameIndex, wanted: Sequence[tuple[str, ToolName]]) -> float:
    """The share of mistyped names whose tool is among the first three offered; prints what became of them."""
    right, kinds, wrongly = 0, dict[str, int](), 0
    for typed, tool in wanted:
        found = index.resolve(typed, {})
        kinds[type(found).__name__] = kinds.get(type(found).__name__, 0) + 1
        right += tool in offered(found)
        wrongly += isinstance(found, Exact) and found.tool != tool
        if tool not in offered(found) and "-v" in sys.argv:
            print(f"    missed: {typed!r} for {tool.name!r}, {[each.name for each in offered(found)]}")
    print(f"  of {len(wanted)} typos: {kinds}, taken for another tool {wrongly}")
    return right / len(wanted)


def main(short: bool = False) -> None:  # noqa: FBT001, FBT002 - the runner of all benchmarks calls main(short)
    """Run it and print the figures; exits with 1 if too few typing errors are found."""
    count = SHORT if short else FULL
    chance = random.Random(SEED)
    tools = names(count, chance)
    before = resident()
    begun = time.perf_counter()
    index = NameIndex(tools)
    index.complete("a")
    complete_ready = time.perf_counter() - begun
    index.prepare()
    print(f"names: {count:,} tools")
    print(f"  built: completion {complete_ready:.2f} s, everything {time.perf_counter() - begun:.2f} s")
    print(f"  memory: index {resident() - before:.0f} MB, process {resident():.0f} MB")

    wanted = list(islice(typos(tools, chance), TYPOS))
    prefixes = [begin(chance.choice(tools).name, chance) for _ in range(COMPLETIONS)]
    strings = [tool.name for tool in tools]
    gc.collect()
    sample = [typed for typed, _ in wanted[:COMPARED_WITH_ALL]]
    everything = timed(sample, lambda typed: process.extract(typed, strings, scorer=fuzz.WRatio, limit=3))
    typing = timed(prefixes, index.complete)
    mending = timed([typed for typed, _ in wanted], lambda typed: index.resolve(typed, {}))
    line("process.extract, WRatio, all names", everything)
    line("completion of a prefix", typing)
    line("a typo", mending)
    verdict("completion p99 / extract p99", part(typing, 0.99) / part(everything, 0.99), MOST_COMPLETION, count=count)
    verdict("typo p99 / extract p99", part(mending, 0.99) / part(everything, 0.99), MOST_TYPO, count=count)
    found = accuracy(index, wanted)
    print(f"  wanted tool among the first three: {found:.1%}   target {LEAST_FOUND:.0%}")
    if found < LEAST_FOUND:
        sys.exit(1)


def begin(name: str, chance: random.Random) -> str:
    """What somebody has typed of a name so far, now and then from its second word on."""
    words = name.split()
    begun = " ".join(words[1:]) if len(words) > 1 and chance.random() < 0.2 else name
    return begun[: chance.randint(1, len(begun))].lower()


if __name__ == "__main__":
    main(short="--short" in sys.argv)
