"""`/tools`: browse the catalogue by category or by words."""

from collections.abc import Sequence

from commands import panel
from commands.declare import Ask, Command, Parameter
from commands.errors import CommandError
from commands.model import Category, Tool
from commands.namebook import NameBook
from commands.naming import normal
from commands.parsing import shown
from commands.ports import Catalogue
from commands.reply import Block, Button, Buttons, Entry, Lead, Line, Note, Reply, Text, said, spoken, text

PAGE = 8
MOST_FOUND = 200
"""Tools a search by words looks through at most; more than that wants another word, not another page."""


async def tools(ask: Ask, *, names: NameBook, catalogue: Catalogue) -> Reply:
    """List categories, the tools of one, or the tools whose names hold some words."""
    words, page = _paged(ask.words)
    categories = await catalogue.categories()
    if not words and len(categories) != 1:
        return _categories(categories)
    wanted = normal(words)
    called = [
        category for category in categories if not words or wanted in map(normal, (category.name, *category.aliases))
    ]
    if called:
        category = called[0]
        found = await catalogue.in_category(category.name, limit=PAGE, skip=page * PAGE)
        lead = said(
            f"{_count(category.tools)} in ", Text(category.name, strong=True), ", the panel's favourites first."
        )
        return _listing(lead, found, f"/tools {category.name}", page, category.tools)
    matching = (await names.index()).complete(words, MOST_FOUND)
    if not matching:
        raise CommandError(
            f"No category and no tool matches “{shown(words)}”. "
            f"The categories are: {', '.join(category.name for category in categories) or 'none yet'}."
        )
    found = await catalogue.tools([name.id for name in matching[page * PAGE : (page + 1) * PAGE]])
    lead = said(f"{_count(len(matching))} {'matches' if len(matching) == 1 else 'match'} “{shown(words)}”.")
    return _listing(lead, found, f"/tools {words}", page, len(matching))


COMMAND = Command(
    "tools",
    "/tools [CATEGORY or WORDS]",
    "Browse the catalogue by category or by words",
    tools,
    parameters=(Parameter("words", "A category, or words of a name"),),
    examples=("/tools developer tools", "/tools mistral"),
)


def _count(tools: int) -> str:
    return f"{tools} tool" if tools == 1 else f"{tools} tools"


def _paged(words: str) -> tuple[str, int]:
    """Split "llama --page 2" into its words and a page counted from 0."""
    head, flag, number = words.replace("—", "--").partition("--page")
    if not flag:
        return words, 0
    if not number.strip().isdecimal() or not 1 <= int(number) <= 10_000:
        raise CommandError("--page takes a whole number from 1, for example: /tools mistral --page 2")
    return head.strip(), int(number) - 1


def _categories(categories: Sequence[Category]) -> Reply:
    """Every category, one press from its tools."""
    if not categories:
        return Reply("The catalogue is empty.", (Lead(text("The catalogue is empty.")),), private=True)
    total = sum(category.tools for category in categories)
    lead = text(f"{_count(total)} in {len(categories)} categories.")
    entries = [
        Entry(
            text(category.name, strong=True),
            (text(_count(category.tools)),),
            Button(f"Show {category.name}", f"/tools {category.name}", f"Show the tools in {category.name}"),
        )
        for category in categories
    ]
    return Reply(spoken(lead), (Lead(lead), *entries), private=True)


def _listing(lead: Line, found: Sequence[Tool], line: str, page: int, total: int) -> Reply:
    """One page of tools, each one press from its card."""
    if not found and page:
        raise CommandError(f"There is no page {page + 1}; the last is {-(-total // PAGE)}.")
    blocks: list[Block] = [Lead(lead)]
    blocks += [
        Entry(
            said(panel.span(tool)),
            (text(f"Panel: {panel.verdict(tool.panel)}"), text(tool.tagline or tool.best_for or panel.MISSING)),
            Button(f"Show {tool.label}", f"/tool {tool.slug} --quiet", f"Show {tool.label} to me alone"),
        )
        for tool in found
    ]
    shown_until = page * PAGE + len(found)
    if total > PAGE:
        blocks.append(Note(text(f"{page * PAGE + 1} to {shown_until} of {total}.")))
    if shown_until < total:
        blocks.append(Buttons((Button("More", f"{line} --page {page + 2}", f"Show page {page + 2}"),)))
    return Reply(spoken(lead), tuple(blocks), private=True)
