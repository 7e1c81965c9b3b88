"""`/tools`: browse the catalogue by category or by words."""

from collections.abc import Sequence

from commands import panel
from commands.declare import Ask, Command, Parameter, paged
from commands.errors import CommandError
from commands.model import Category, Tool
from commands.namebook import NameBook
from commands.naming import Unknown, normal
from commands.parsing import shown
from commands.ports import Catalogue
from commands.reply import Block, Button, Buttons, Entry, Lead, Line, Note, Reply, Text, said, spoken, text

PAGE = 8
LONGEST = 100
MOST_FOUND = 200
"""Tools a search by words looks through at most; more than that wants another word, not another page."""


async def tools(ask: Ask, *, names: NameBook, catalogue: Catalogue) -> Reply:
    """List categories, the tools of one, or the tools whose names hold some words."""
    words, page = paged(ask.words)
    if len(words) > LONGEST:
        raise CommandError(f"No category and no tool has as long a name as “{shown(words)}”.")
    categories = await catalogue.categories()
    if not words and len(categories) != 1:
        return _categories(categories, page)
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
    matching = (await names.index()).complete(words, MOST_FOUND + 1)
    if not matching:
        return await _nothing(ask, words, names, categories)
    found = await catalogue.tools([name.id for name in matching[:MOST_FOUND][page * PAGE : (page + 1) * PAGE]])
    lead = said(f"{_count(len(matching))} {'matches' if len(matching) == 1 else 'match'} “{shown(words)}”.")
    if len(matching) > MOST_FOUND:
        lead = said(f"More than {MOST_FOUND} tools match “{shown(words)}”; add a word to narrow it down.")
    return _listing(lead, found, f"/tools {words}", page, min(len(matching), MOST_FOUND))


COMMAND = Command(
    "tools",
    "/tools [CATEGORY or WORDS]",
    "Browse the catalogue by category or by words",
    tools,
    parameters=(Parameter("words", "A category, or words of a name"),),
    examples=("/tools developer tools", "/tools mistral"),
    details=("--page 2 and so on shows more of a long list.",),
)


def _count(tools: int) -> str:
    return f"{tools} tool" if tools == 1 else f"{tools} tools"


async def _nothing(ask: Ask, words: str, names: NameBook, categories: Sequence[Category]) -> Reply:
    """Suggest what was perhaps mistyped, or say what categories there are."""
    found = (await names.resolver(ask.team))(words)
    if not isinstance(found, Unknown):
        return await names.ask(found, line=lambda tool: f"/tool {tool.slug} --quiet")
    if not categories:
        raise CommandError("The catalogue is empty.")
    some = ", ".join(category.name for category in categories[:PAGE])
    more = f" and {len(categories) - PAGE} more" if len(categories) > PAGE else ""
    raise CommandError(f"No category and no tool matches “{shown(words)}”. The categories are: {some}{more}.")


def _categories(categories: Sequence[Category], page: int) -> Reply:
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
        for category in categories[page * PAGE : (page + 1) * PAGE]
    ]
    return _paging(lead, entries, "/tools", page, len(categories))


def _listing(lead: Line, found: Sequence[Tool], line: str, page: int, total: int) -> Reply:
    """One page of tools, each one press from its card."""
    entries = [
        Entry(
            said(panel.span(tool)),
            (text(f"Panel: {panel.verdict(tool.panel)}"), text(tool.tagline or panel.best_for(tool) or panel.MISSING)),
            Button(f"Show {tool.label}", f"/tool {tool.slug} --quiet", f"Show {tool.label} to me alone"),
        )
        for tool in found
    ]
    return _paging(lead, entries, line, page, total)


def _paging(lead: Line, entries: Sequence[Entry], line: str, page: int, total: int) -> Reply:
    """One page of a list, and the way to the next."""
    if not entries:
        raise CommandError(f"There is no page {page + 1}; the last is {-(-total // PAGE)}.")
    blocks: list[Block] = [Lead(lead), *entries]
    shown_until = page * PAGE + len(entries)
    if total > PAGE:
        blocks.append(Note(text(f"{page * PAGE + 1} to {shown_until} of {total}.")))
    if shown_until < total:
        blocks.append(Buttons((Button("More", f"{line} --page {page + 2}", f"Show page {page + 2}"),)))
    return Reply(spoken(lead), tuple(blocks), private=True)
