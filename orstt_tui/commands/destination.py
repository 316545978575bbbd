"""Where transcripts go: standard output, one file, or a folder with a file for each recording.

A file appears whole and under its name only after its transcription succeeded; until then, and when it
fails, whatever stood there before stands there still.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from orstt_core.disk import why_not
from orstt_core.errors import FileProblem, InvalidRequest
from orstt_core.formats import render
from orstt_core.types import Segment, SubtitleOptions, Transcript
from orstt_core.whole_file import write_whole
from orstt_tui.commands import output
from orstt_tui.commands.recordings import STDIN, label, stem
from orstt_tui.formatting import numbered_line
from orstt_tui.transcript_file import SUFFIXES as FORMAT_SUFFIXES
from orstt_tui.transcript_file import file_name, is_written

FULL = "full"
"""What `--json` asks for: everything that is known, with the recording's name."""
SUFFIXES = {**FORMAT_SUFFIXES, FULL: ".json"}
"""What a file of each format is called."""
TOGETHER = frozenset({"text", "json", "verbose_json", FULL})
"""Formats of which several can follow each other on standard output and still be read."""


class Destination(Protocol):
    """Takes the transcripts as they are finished."""

    def begin(self, name: str) -> None:
        """Get ready for this recording's transcript."""

    def has(self, name: str) -> bool:
        """Return whether this recording's transcript is there already, and not older than the recording."""
        ...

    def segment(self, segment: Segment) -> None:
        """Take a segment before its transcript is whole; for those who read along."""

    def deliver(self, name: str, transcript: Transcript) -> None:
        """Put the transcript where it belongs.

        Raises:
            FileProblem: it cannot be written.
        """


def choose(where: str | None, names: Sequence[str], form: str, cues: SubtitleOptions | None = None) -> Destination:
    """Return the destination, sure that nothing but the disk itself can still be in the way.

    Args:
        where: a file, a folder, or None or `-` for standard output.
        names: the recordings, as the person named them.
        form: one of `SUFFIXES`.
        cues: what a cue of subtitles may hold; None: each segment is one.

    Raises:
        InvalidRequest: the transcripts would get into each other's way.
        FileProblem: a file cannot be written there, or is the recording itself.
    """
    if where is None or where == STDIN:
        if len(names) > 1 and form not in TOGETHER:
            raise InvalidRequest(
                f"Several recordings as {form} cannot share standard output.", hint="Give a folder: --output FOLDER"
            )
        return StandardOutput(form, cues, several=len(names) > 1)
    try:
        return Files(form, _targets(where, names, form), cues)
    except OSError as error:
        if isinstance(error, FileProblem):
            raise
        raise FileProblem(f"{where} cannot be written: {why_not(error)}.") from error


def _targets(where: str, names: Sequence[str], form: str) -> dict[str, Path]:
    given = Path(where).expanduser()
    # A folder is made where its name says that it is one; without the slash it may be a slip.
    new = where.endswith(os.sep) and not given.exists()
    if new or given.is_dir():
        _check_folder(given.resolve().parent if new else given)
        targets = [given / file_name(given, stem(name), SUFFIXES[form]) for name in names]
    elif len(names) > 1:
        raise FileProblem(
            f"{where} is not a folder." if given.exists() else f"There is no folder {where}.",
            hint=f"Several recordings need a folder: {_folder_instead(where, given)}",
        )
    else:
        targets = [given]
        if given.is_file() or not given.exists():
            _check_folder(given.resolve().parent)
    _check_apart(names, targets)
    return dict(zip(names, targets, strict=True))


def _folder_instead(where: str, given: Path) -> str:
    if given.exists():
        return "name another one, such as --output texts/"
    made = shlex.quote(where + os.sep)
    return f"end its name with {os.sep} and it is made, as in --output {made}"


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise FileProblem(
            f"The folder {folder} does not exist.", hint=f"Make it first: mkdir -p {shlex.quote(str(folder))}"
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise FileProblem(f"You may not write into the folder {folder}.", hint="Choose another folder.")


def _check_apart(names: Sequence[str], targets: Sequence[Path]) -> None:
    """Make sure that no two transcripts go to one file and none to a recording."""
    recordings = {_identity(Path(name)): name for name in names if name != STDIN and Path(name).is_file()}
    taken: dict[Path, str] = {}
    for name, target in zip(names, targets, strict=True):
        if target in taken:
            raise InvalidRequest(
                f"{label(taken[target])} and {label(name)} would both be written to {target}.",
                hint="Give them to two commands with two folders.",
            )
        taken[target] = name
        if target.is_file() and _identity(target) in recordings:
            raise InvalidRequest(f"{target} is a recording itself.", hint="Choose another name for the output.")
        if target.is_dir():
            raise FileProblem(f"{target} is a folder.", hint="Move it out of the way.")


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


class StandardOutput:
    """Prints; several texts get headers as `head` gives them, JSON is one object on a line.

    Text for a terminal is printed as it comes, a segment on a line; text for a pipe is one paragraph. What was
    printed stays: when a transcription is begun again, printing goes on where it had come to.
    """

    def __init__(self, form: str, cues: SubtitleOptions | None, *, several: bool) -> None:
        self._form, self._cues = form, cues
        self._headers = several and form == "text"
        self._begun = 0
        self._printed = 0
        self._streams = False

    def has(self, name: str) -> bool:  # noqa: ARG002 - the protocol's
        """Return False: what was printed is gone."""
        return False

    def begin(self, name: str) -> None:
        """Print the header, if there are several recordings and someone waits for the first segments."""
        self._printed = 0
        self._streams = self._form == "text" and output.to_terminal()
        if self._streams:
            self._header(name)

    def segment(self, segment: Segment) -> None:
        """Print the segment on a line of its own, if someone reads along and did not see it yet.

        Those of channels or tracks come one after the other, and are printed at the end, in the order of their times.
        """
        if self._streams and not segment.part and segment.id >= self._printed:
            self._printed = segment.id + 1
            line = numbered_line(segment, segment.id + 1) if output.lines_only() else segment.text.strip()
            output.write(f"{output.one_line(line)}\n")

    def deliver(self, name: str, transcript: Transcript) -> None:
        """Print the transcript, unless its segments were printed already."""
        if not self._streams:
            self._header(name)
        if not self._streams or any(segment.part for segment in transcript.segments):
            output.write(_rendered(name, transcript, self._form, self._cues))

    def _header(self, name: str) -> None:
        if self._headers:
            blank = "\n" if self._begun else ""
            output.write(f"{blank}==> {output.one_line(label(name))} <==\n")
        self._begun += 1


class Files:
    """Writes each transcript to its file."""

    def __init__(self, form: str, targets: dict[str, Path], cues: SubtitleOptions | None) -> None:
        self._form, self._cues = form, cues
        self._targets = targets

    def has(self, name: str) -> bool:
        """Return whether the file is there, and not older than the recording."""
        return is_written(self._targets[name], Path(name))

    def begin(self, name: str) -> None:
        """Do nothing: no file is begun before its transcript is whole."""

    def segment(self, segment: Segment) -> None:
        """Do nothing, for the same reason."""

    def deliver(self, name: str, transcript: Transcript) -> None:
        """Write the file at once or not at all."""
        write_whole(self._targets[name], _rendered(name, transcript, self._form, self._cues))


def _rendered(name: str, transcript: Transcript, form: str, cues: SubtitleOptions | None) -> str:
    if form == FULL:
        everything = {"file": label(name), **msgspec.to_builtins(transcript)}
        return f"{msgspec.json.encode(everything).decode()}\n"
    return render(transcript, form, cues)
