"""`/forgetme`: erase what is stored about you in this team."""

from commands.declare import Ask, Command, Parameter
from commands.errors import CommandError
from commands.ports import People
from commands.reply import Button, Buttons, CommandSpan, Lead, Note, Paragraph, Reply, said, spoken, text


async def forgetme(ask: Ask, *, people: People) -> Reply:
    """Erase the asker's data after they confirm it. Always private."""
    words = ask.words.casefold()
    if not words:
        return _sure()
    if words != "yes":
        raise CommandError("To have everything about you in this team erased, type /forgetme yes")
    await people.forget(ask.team, ask.asker)
    line = text("Everything about you in this team is erased: votes, bookmarks and your name on what you set up.")
    left = text(
        "The reactions you left on messages are still visible there, and they are yours to remove. They count for "
        "nothing now; a new reaction counts again. To keep it so, a scrambled form of your id and the time stay stored."
    )
    return Reply(spoken(line), (Lead(line), Paragraph(left)), private=True)


COMMAND = Command(
    "forgetme",
    "/forgetme [yes]",
    "Erase what is stored about you here",
    forgetme,
    parameters=(Parameter("sure", "Type yes to erase"),),
    examples=("/forgetme yes",),
)


def _sure() -> Reply:
    line = text("This erases your votes and bookmarks in this team for good; tallies change. Are you sure?")
    button = Button("Erase it all", "/forgetme yes", "Erase everything stored about me in this team", primary=True)
    see = Note(said("See what there is first: ", CommandSpan("/mydata")))
    return Reply(spoken(line), (Lead(line), Buttons((button,)), see), private=True)
