"""What is printed in a terminal, in colour where the terminal has it and as plain text everywhere else."""

from rich.console import Console, RenderableType

from adapters.terminal import outbound
from adapters.terminal.spans import words
from commands.reply import Reply


class Screen:
    """A console and its reader's zone. `zone` is an IANA name, or None to show instants in their own zones.

    Without a terminal, on a dumb one, under NO_COLOR or where the encoding is not UTF-8, nothing but plain
    text is written. A console made without a file follows `sys.stdout`, which an interactive prompt needs.
    """

    def __init__(self, console: Console, zone: str | None = None) -> None:
        self.console = console
        self.zone = zone

    @property
    def colour(self) -> bool:
        """Whether escape codes may be written."""
        console = self.console
        barred = console.no_color or console.is_dumb_terminal or console.color_system is None
        return console.is_terminal and not barred and console.encoding.startswith("utf")

    def show(self, reply: Reply, number: int | None = None) -> None:
        """Print a reply; `number` is its message's, if it has been posted."""
        width = self.console.width
        self._print(outbound.draw(reply, width=width, number=number, zone=self.zone, colour=self.colour))
        self._print(words(""))

    def tally(self, reply: Reply) -> None:
        """Print what a ballot's message says of the team's votes, and nothing else of it."""
        width = self.console.width
        self._print(outbound.tally(reply, width=width, zone=self.zone, colour=self.colour))
        self._print(words(""))

    def say(self, text: str, style: str = "") -> None:
        """Print one sentence."""
        self._print(words(text, style))

    def _print(self, drawn: RenderableType) -> None:
        if self.colour:
            self.console.print(drawn, highlight=False)
            return
        encoding = self.console.encoding
        text = outbound.flat(drawn, self.console.width)
        self.console.file.write(text.encode(encoding, "replace").decode(encoding))
        self.console.file.flush()
