"""JobTable: jobs, one a line, that go on in place."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from rich.text import Text
from textual.message import Message
from textual.widgets import DataTable

from orstt_core.types import Job, JobSort
from orstt_tui.formatting import age, clock, file_name
from orstt_tui.job_states import LOOKS, for_what, mark_of
from orstt_tui.terminal import draws_unicode
from orstt_tui.widgets.columns import Columns, Share
from orstt_tui.widgets.list_table import ListTable

COLUMNS = Columns(
    names=("State", "File", "Age", "Length", "Model", "Text"),
    cut={"File": Share(least=20, weight=3), "Model": Share(least=8), "Text": Share(least=8)},
    expendable=("Length", "Age"),  # the details say it too
    prose=frozenset({"Text"}),
)
SORTED: dict[JobSort, str] = {"age": "Age", "length": "Length", "file": "File", "model": "Model", "state": "State"}
"""Sort -> the column that it is by."""
DRAWN, TYPED = ("●", "▼", "▲"), ("*", "v", "^")
"""The mark of a job, of a column that is sorted by, and of one that is the other way round."""
AHEAD = 40
"""Rows from an end of the list at which others are wanted: a page or two before one comes there."""
BAR = 5


def percent(job: Job) -> int:
    """Return how much of a job's recording is transcribed, in percent."""
    return min(int(100 * job.position / job.duration), 100) if job.duration else 0


class JobTable(ListTable):
    """Shows jobs and keeps the cursor on the same one whatever changes around it."""

    HELP = """\
# Jobs

Every transcription, newest first: those submitted here, from the command line or over HTTP. A job is kept: it
goes on after the program, or the machine, was stopped.

- **n** submits a recording; it is transcribed while you do something else.
- **Up / Down** or **j / k**: look at another one; its text stands beside it and grows while it runs.
- **Enter** opens its whole text: read it, find words in it, copy parts of it.
- **=** compares it with another transcript of the same recording, or with what another model makes of it.
- **c** cancels, **u** takes that back, **r** begins a failed or cancelled one again, **a** transcribes it once more,
  with another model if you like, **s** saves the text, **d** deletes one, **P** all that have ended.
- **Space** marks jobs, **\\*** all that are listed: these commands are then about all of them. **Escape** unmarks.
- Jobs that measure a model say so behind their state; **F** lists them alone, or leaves them out.
- **o** sorts by another column, **O** the other way round. **f** shows other states, **F** asks for models and days,
  **/** searches texts and file names, **Escape** shows all again.
- **y** copies the text.
"""

    class Highlighted(Message):
        """The cursor is on another job, or on none."""

        def __init__(self, job: Job | None) -> None:
            super().__init__()
            self.job = job

    class Opened(Message):
        """The person pressed Enter on the job under the cursor."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(COLUMNS, id=id)
        self._jobs: dict[str, Job] = {}
        self._highlighted: str | None = None
        self._target: str | None = None
        self._to_start = self._to_end = False
        self._marked: frozenset[str] = frozenset()
        self._signs = DRAWN if draws_unicode() else TYPED
        self._shown: dict[str, dict[str, str]] = {}

    @property
    def at_end(self) -> bool:
        """Whether the last job is near the cursor, or in sight."""
        return self.cursor_row >= self.row_count - AHEAD or self.is_vertical_scroll_end

    @property
    def at_start(self) -> bool:
        """Whether the first job is near the cursor, or in sight."""
        return self.cursor_row < AHEAD or not self.scroll_y

    def show(self, jobs: Sequence[Job], *, more: bool = False) -> None:
        """Show these jobs instead of those before; `more` says that others come behind them."""
        same = [job.id for job in jobs] == list(self._jobs)
        self._jobs = {job.id: job for job in jobs}
        if same:
            self.renew(jobs)
        else:
            self.fill()
        self._to_end &= more
        self._to_start = False

    def renew(self, jobs: Collection[Job]) -> None:
        """Show jobs of the list as they are now, in their places."""
        self._jobs.update((job.id, job) for job in jobs)
        rows = {name: self._words_of(job) for name, job in self._jobs.items()}
        if not self.fits(list(rows.values())):
            self.fill()
            return
        changed = [name for name, words in rows.items() if words != self._shown.get(name)]
        self._shown = rows
        for name in changed:
            for column, text in self._cells(self._jobs[name], rows[name]).items():
                if self.get_cell(name, column) != text:
                    self.update_cell(name, column, text)

    def mark(self, names: Collection[str]) -> None:
        """Show these as marked, and no others."""
        if self._marked != frozenset(names):
            self._marked = frozenset(names)
            self.renew(())

    def show_order(self, sort: JobSort, *, reverse: bool) -> None:
        """Show what the jobs are sorted by."""
        column = SORTED[sort]
        titles = {} if (sort, reverse) == ("age", False) else {column: f"{column} {self._signs[2 if reverse else 1]}"}
        self._shares = COLUMNS._replace(titles=titles)
        self.fill()

    def go_to(self, name: str) -> None:
        """Put the cursor on the job with this id, now or as soon as it is shown."""
        self._target = name
        self.fill()

    def go_to_first(self) -> None:
        """Put the cursor on the first of the jobs that are shown next."""
        self._to_start = True

    def go_to_end(self) -> None:
        """Keep the cursor on the last job until the oldest is shown, or the cursor is moved."""
        self._to_end = True

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Report that the cursor moved."""
        event.stop()
        self._to_end &= event.cursor_row == self.row_count - 1
        if event.row_key.value in self._jobs:
            self._highlight(event.row_key.value)

    def action_select_cursor(self) -> None:
        """Report that Enter was pressed on a row."""
        self.post_message(self.Opened())

    def fill(self) -> None:
        """Show all jobs anew, in the room there is."""
        names, rows = list(self._jobs), {name: self._words_of(job) for name, job in self._jobs.items()}
        self._shown = rows
        with self.prevent(DataTable.RowHighlighted):
            row, scrolled = self.cursor_row, self.scroll_y
            self.fit(list(rows.values()))
            for job in self._jobs.values():
                self.add_row(*self._cells(job, rows[job.id]).values(), key=job.id)
            target = next((name for name in (self._target, self._highlighted) if name in self._jobs), None)
            # A job that is gone leaves the cursor where it was, on its neighbour.
            new = min(row, max(len(names) - 1, 0)) if target is None else names.index(target)
            if self._to_end:
                new = max(len(names) - 1, 0)
            elif self._to_start:
                new = 0
            self.move_cursor(row=new)
            # What one looks at stays where it is when others come above it, and the cursor in sight.
            kept = scrolled or new >= self.size.height - self.header_height
            self.scroll_y = self.scroll_target_y = max(scrolled + new - row, 0) if kept else 0
        self._target = None if self._target in self._jobs else self._target
        self._highlight(names[new] if names else None)

    def _words_of(self, job: Job) -> dict[str, str]:
        words = _words(job)
        if self._marked:
            words["State"] = f"{self._signs[0] if job.id in self._marked else ' '} {words['State']}"
        return words

    def _cells(self, job: Job, words: Mapping[str, str]) -> dict[str, Text]:
        cells = self.cut(words)
        look = LOOKS[job.state]
        cells["State"].style = f"{look.weight} {self.app.theme_variables[look.colour] if look.colour else ''}"
        return cells

    def _highlight(self, name: str | None) -> None:
        if name != self._highlighted:
            self._highlighted = name
            self.post_message(self.Highlighted(self._jobs[name] if name else None))


def _state(job: Job) -> str:
    if job.state == "queued":
        return f"queued, {job.ahead} before" if job.ahead else "queued, next"
    if job.state == "running":
        done = percent(job)
        full = round(done * BAR / 100)
        if job.purpose != "transcript":  # what it is for stands in place of the bar
            return f"running {done}%"
        return f"running {'█' * full}{'░' * (BAR - full)} {done:3}%"
    return job.state


def _words(job: Job) -> dict[str, str]:
    return {
        "State": f"{mark_of(job.state)} {_state(job)}{for_what(job)}",
        "File": file_name(job.filename),
        "Age": age(job.created_at),
        "Length": "" if job.duration is None else clock(job.duration),
        "Model": job.model,
        "Text": job.put_off or (job.error.detail if job.error else " ".join(job.text.split())),
    }
