"""`orstt --plain` in a real terminal: everything is a line, nothing is drawn, and the commands do the work."""

from __future__ import annotations

import fcntl
import os
import re
import select
import shutil
import struct
import termios
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli.running import SECONDS, Shell, seen, terminal
from scripted import ScriptedBackend
from scripted_jobs import a_job

from orstt_tui.cli import COMMANDS, cli
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.plain.completion import candidates_for
from orstt_tui.commands.plain.menu import MENU, expand, words_of

READABLE = """
from scripted_jobs import a_job
from tui.piloting import a_done_job
backend.put(a_done_job(1, "It is a truth", "universally acknowledged"))
"""


class Conversation:
    """Lines typed into the program, and what it answered."""

    def __init__(self, ours: int) -> None:
        self._ours = ours
        self.shown = ""
        self._read = 0

    def until(self, words: str) -> str:
        """Wait for these words behind those that were waited for before; return what came up to them."""
        while words not in self.shown[self._read :]:
            assert select.select([self._ours], [], [], SECONDS)[0], f"{words!r} never came:\n{self.shown}"
            chunk = os.read(self._ours, 65536)
            assert chunk, f"{words!r} never came:\n{self.shown}"
            self.shown += chunk.decode()
        begin, self._read = self._read, self.shown.index(words, self._read) + len(words)
        return self.shown[begin : self._read]

    def say(self, line: str) -> None:
        """Type a line at the prompt."""
        self.until("orstt> ")
        self.answer(line)

    def answer(self, line: str) -> None:
        """Type a line at a question."""
        os.write(self._ours, f"{line}\n".encode())

    def interrupt(self, words: str) -> None:
        """Press Ctrl-C until these words come: Python does not see one that comes just before it begins to wait."""
        while words not in self.shown[self._read :]:
            os.write(self._ours, b"\x03")
            while words not in self.shown[self._read :] and select.select([self._ours], [], [], 2.0)[0]:
                self.shown += os.read(self._ours, 65536).decode()
        self.until(words)

    def press(self, key: bytes) -> None:
        """Press a key at the prompt."""
        self.until("orstt> ")
        os.write(self._ours, key)


@contextmanager
def conversation(shell: Shell, *args: str, command: Sequence[str], term: str = "dumb") -> Iterator[Conversation]:
    """Talk with the program until it ends by itself, which it must do well, having drawn nothing."""
    with terminal() as (ours, theirs):
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 300, 0, 0))  # no line of an answer is wrapped
        environ = {"TERM": term, "INPUTRC": os.devnull}
        streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
        process = shell.start(
            *args, command=tuple(command), environ=environ, start_new_session=True, preexec_fn=_own_terminal, **streams
        )
        try:
            talk = Conversation(ours)
            yield talk
            talk.shown += seen(ours, process, theirs)
        finally:
            process.kill()
            process.communicate()
        assert process.returncode == 0, talk.shown
        assert not re.search(r"[\x1b\x08\x9b]|\r(?![\r\n])", talk.shown), f"something was drawn: {talk.shown!r}"


def _own_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.mark.parametrize("term", ["dumb", "xterm-256color"])
def test_models_and_jobs_are_looked_after_line_by_line(
    shell: Shell, tmp_path: Path, recording: Path, term: str
) -> None:
    saved = tmp_path / "austen.srt"
    args = () if term == "dumb" else ("--plain",)
    with conversation(shell, *args, command=shell.scripted(READABLE), term=term) as talk:
        if term == "dumb":
            talk.until("TERM=dumb")
        talk.until("The active model is base.")
        talk.say("menu")
        shown = talk.until("Ctrl-D ends the program.")
        assert all(entry.what in " ".join(shown.split()) for entry in MENU)
        talk.say("add mine --weights small")
        talk.until("Added mine")
        talk.say(":activate mine")
        talk.until("mine")
        talk.say("models")
        talk.until("medium")
        talk.say(f"transcribe '{recording}'")
        talk.until("1 0:00.0 Hello there.")
        talk.say("jobs")
        talk.until("visit-1.wav")
        talk.say("search truth")
        talk.until("visit-1.wav")
        talk.say("read 1111")
        talk.until("2 0:02.0 universally acknowledged")
        talk.say("correct 1111 1")
        talk.until("New text")
        talk.answer("It's a truth,")
        talk.until("Corrected: version 1")
        talk.say("8")  # the number of `read`, which asks for what it needs
        talk.until("ID of the job: ")
        talk.answer("1111")
        talk.until("1 0:00.0 It's a truth,")
        talk.say(f"save 1111 {saved}")
        talk.say("read 9999")
        talk.until("orstt: No job")
        talk.say("say it isn't so")
        talk.until("quotation mark is open")
        talk.say("models list --remote http://127.0.0.1:1")
        talk.until("End it with Ctrl-D")
        talk.say("nonsense")
        talk.until("There is no command 'nonsense'; menu tells what these do: models, activate")
        talk.say("serch truth")
        talk.until("'search'")
        talk.say("save 1111")
        talk.until("save needs behind it: ID of the job; File")
        talk.say("jobs --state done")
        talk.until("visit-1.wav")
        talk.press(b"\x04")
    assert "It's a truth," in saved.read_text()


def test_ctrl_c_ends_the_piece_of_work_and_no_line_that_is_typed_after_it(
    shell: Shell, recording: Path, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    script = f"""
import asyncio
from pathlib import Path
from scripted_jobs import a_job

class Told(ScriptedBackend):
    async def __aenter__(self):
        self.telling = asyncio.create_task(self.tell())
        return self

    async def tell(self):
        while not self._followers:
            await asyncio.sleep(0)
        self.put(a_job(1))
        while not Path({str(told)!r}).exists():
            await asyncio.sleep(0.01)
        self.put(a_job(1, state="done"))

backend = Told()
backend.script = [*speech('Hello there.')[:-1], 600.0]
"""
    with conversation(shell, "--plain", command=shell.scripted(script)) as talk:
        talk.say(f"t '{recording}'")
        talk.until("Hello there.")
        talk.interrupt("orstt: stopped.")
        talk.press(b"half a line")
        talk.until("half a line")
        talk.answer("\x03\x03menu")  # all at once: no line is lost that is typed behind
        talk.until("^C")
        talk.until("orstt> ^C")
        talk.until("Ctrl-D ends the program.")
        talk.press(b"tran")
        talk.until("tran")
        told.touch()
        talk.until("done: job 11111111")
        talk.until("orstt> tran")
        talk.answer("scribe --help")
        talk.until("Usage: orstt transcribe")
        talk.say("2")
        talk.until("Name of the model: ")
        talk.answer("ba\x03menu")  # a question is given up in the same way
        talk.until("Ctrl-D ends the program.")
        talk.say("quit")


def test_the_server_must_answer_to_begin_and_a_pipe_of_lines_is_worked_off(shell: Shell) -> None:
    done = shell("--plain", command=shell.scripted(READABLE), stdin=b"models\nread 1111\n")
    assert (done.code, done.err) == (0, "")
    assert "universally acknowledged" in done.out
    refused = shell("--plain", "models", "list", command=shell.scripted())
    assert refused.code == 2
    assert "--plain stands alone" in refused.err


def test_tab_completes_names_options_models_jobs_and_paths(scripted: ScriptedBackend, tmp_path: Path) -> None:
    scripted.put(a_job(1))
    context = CommandContext(open_backend=lambda settings, *, drain=False: scripted)
    (tmp_path / "a talk.wav").touch()

    def completed(before: str, text: str) -> list[str]:
        return candidates_for(cli, context, list(COMMANDS), before, text)

    assert completed("", "tr") == ["transcribe "]
    assert completed("", ":ac") == [":activate "]
    assert completed("activate ", "ba") == ["base "]
    assert completed(":read ", "") == ["11111111 "]
    assert completed("add mine ", "--wei") == ["--weights "]
    assert completed("t ", f"{tmp_path}/a") == [f"'{tmp_path}/a talk.wav' "]


def test_numbers_short_names_and_colons_stand_for_commands() -> None:
    assert {name for entry in MENU for name in entry.command.split()[:1]} <= set(COMMANDS)
    for line, arguments in (
        ("models", "models list"),
        ("models show base", "models show base"),
        (":w 1234 talk.txt", "jobs show 1234 --output talk.txt"),
        ("orstt jobs list", "jobs list"),
        ("/ two words", "jobs list --search|two words"),
        ("1", "models list"),
    ):
        expected = [part for piece in arguments.split("|")[:1] for part in piece.split()] + arguments.split("|")[1:]
        assert expand(words_of(line), list(COMMANDS)) == expected


@pytest.mark.slow
@pytest.mark.models
def test_the_first_ten_minutes_with_a_real_model(shell: Shell, austen: Path, tmp_path: Path) -> None:
    shutil.copy(austen, tmp_path / "austen.wav")
    command = ("env", "-C", str(tmp_path), *shell.installed)
    with conversation(shell, command=command) as talk:
        talk.say("add second --weights base")
        talk.until("Added second")
        talk.say("activate second")
        talk.say("transcribe austen.wav")
        assert "1 0:0" in talk.until("Dashwood")
        talk.say("submit austen.wav")
        talk.until("submit austen.wav\r\n")
        job = talk.until("\r\n").strip()
        talk.say(f"jobs follow {job[:8]}")
        talk.until("Dashwood")
        talk.say(f"read {job[:8]}")
        talk.until("1 0:0")
        talk.say(f"correct {job[:8]} 1 'Nobody said this.'")
        talk.until("Corrected: version 1")
        talk.say(f"save {job[:8]} austen.vtt")
        talk.press(b"\x04")
    assert "Nobody said this." in (tmp_path / "austen.vtt").read_text()
