"""What the README says is so: its transcript, its commands, its pictures."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from commands.core import COMMANDS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROMPT = re.compile(r"^(\w+)> (.*)$", re.MULTILINE)
SET_UP = re.compile(r"^python3 -m venv .*$", re.MULTILINE)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_transcript_is_what_the_program_prints_word_for_word(tmp_path: Path) -> None:
    [transcript] = blocks("transcript")
    typed = PROMPT.findall(transcript)
    assert len(typed) >= 3
    script = "".join(f"{line}\n" for _, line in typed)
    program = [sys.executable, "-m", "bot", "chat", "--as", typed[0][0], "--db", str(tmp_path / "state.db")]
    environment = os.environ | {"TZ": "UTC", "COLUMNS": "80", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        program, input=script.encode(), capture_output=True, cwd=ROOT, env=environment, timeout=60, check=False
    )
    printed = "\n".join(line.rstrip() for line in done.stdout.decode().splitlines())
    assert printed.strip() == transcript.strip(), done.stderr.decode()


def test_the_readme_opens_with_the_transcript_and_then_has_exactly_two_set_up_commands() -> None:
    one, two = SET_UP.findall(README)
    assert README.index("```transcript") < README.index(one) < README.index(two)
    assert one.endswith("&& .venv/bin/shipworthy chat")
    assert two.endswith("&& .venv/bin/pytest")
    assert all("-c constraints.txt" in command for command in (one, two))
    assert all(
        f"\n{command}\n" in block or block.strip() == command
        for command in (one, two)
        for block in blocks("sh")[:2]
        if command in block
    )


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_table_of_commands_is_what_the_declarations_say(command) -> None:  # noqa: ANN001 - named by its ids
    usage = command.usage.replace("|", "\\|")
    assert f"| `{usage}` | {command.help} |\n" in README


def test_the_table_names_no_command_that_does_not_exist() -> None:
    named = re.findall(r"^\| `/(\w+)", README, re.MULTILINE)
    assert named == [command.name for command in COMMANDS]


def test_every_link_and_picture_is_there_and_the_pictures_are_small() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", README):
        path = ROOT / target
        assert path.exists(), target
        assert path.suffix != ".png" or path.stat().st_size < 150_000, target


def test_continuous_integration_runs_the_second_set_up_command_as_it_stands() -> None:
    pattern = re.search(r"grep -E '([^']+)' README.md", (ROOT / ".ci" / "run").read_text(encoding="utf-8"))
    assert pattern
    assert [line for line in README.splitlines() if re.search(pattern[1], line)] == [SET_UP.findall(README)[1]]


def test_every_pinned_version_is_a_name_and_a_version_and_nothing_else() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert len(pins) > 30
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line) for line in pins)
