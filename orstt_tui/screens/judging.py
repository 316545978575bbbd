"""JudgingScreen: two texts of one recording, by models that are not named; a person says which is better."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.cells import set_cell_size
from textual import on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from orstt_core.errors import OrsttError
from orstt_core.types import Choice, Experiment, ExperimentPair, Judgement, PairToJudge, Side
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.comparison_text import rows_of_pieces
from orstt_tui.formatting import clock, file_name
from orstt_tui.notifications import notify_error
from orstt_tui.screens.name_reference import NamedReference, NameReferenceScreen
from orstt_tui.screens.plays_sound import PlaysSound
from orstt_tui.widgets.comparison_lines import compared_texts
from orstt_tui.widgets.comparison_list import BESIDE, ComparisonList
from orstt_tui.widgets.pane import Pane, show_title

LETTERS: dict[Side, str] = {"first": "L", "second": "R"}
"""What stands before the texts where one is below the other."""
UPDATES = 4
"""Times a second that it is told which second is heard."""
NOTHING = "There is nothing to judge now: a pair is here once both models have heard a recording."
ENDED = "There is nothing left to judge: the experiment is {}. n in the list of experiments begins another one."
WHICH = "Which text is better?"
SAID = "What was said decides: r names a text of it."


class PairList(ComparisonList):
    """The two texts of a pair."""

    HELP = """\
# Which text is better?

One recording, heard by two models: what differs is underlined and in colour, `^` stands where the other text has words.
Which model wrote which is not said, and is another from recording to recording. Listen, then say which text serves you
better:

- **Left arrow** or **h**: the left one, which in a narrow terminal stands above; **Right arrow** or **l**: the other.
- **=**: both are as good; **x**: neither is any good. Either counts as no difference.
- **Space** plays the recording, or stops; **,** and **.** go 5 seconds back and on, **<** plays slower.
- **n** and **N** go from difference to difference; **j / k**, **Page Up / Down** move.

What you say cannot be taken back. Recordings of which both texts are the same, **alike**, count as judged and are not
asked for. Where an experiment is judged by what was said, **r** names a text file of it
instead.
"""


class JudgingScreen(PlaysSound):
    """Shows pair after pair of an experiment.

    Args:
        connection: the place where it runs.
        experiment: which one.
    """

    CSS_PATH: ClassVar = ["compare.tcss", "judging.tcss"]
    CRUMB = "Judge"
    MODE = "measure"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "choose('left')", "Left", id="judging.left", tooltip="The left text is better"),
        Binding("right,l", "choose('right')", "Right", id="judging.right", tooltip="The right text is better"),
        Binding("equals_sign", "choose('equal')", "Equal", id="judging.equal", tooltip="Both are as good"),
        Binding("x", "choose('neither')", "Neither", id="judging.neither", tooltip="Neither is any good"),
        Binding("r", "reference", "What was said", id="judging.reference", tooltip="Name a text of what was said"),
        Binding("space", "play", "Play", id="judging.play", tooltip="Play the recording, or stop"),
        Binding("comma", "skip(-5)", "Back", show=False, id="judging.back", tooltip="Hear the last 5 seconds again"),
        Binding("full_stop", "skip(5)", "On", show=False, id="judging.on", tooltip="Go on by 5 seconds"),
        Binding(
            "less_than_sign", "slow", "Slower", show=False, id="sound.slow", tooltip="Play slower, at 0.75x, or not"
        ),
        Binding("escape,backspace", "close", "Back", id="judging.close", tooltip="Back to where it was opened"),
    ]

    def __init__(self, connection: BackendConnection, experiment: Experiment) -> None:
        super().__init__(connection)
        self._experiment = experiment
        self._given = PairToJudge()
        self._pair: ExperimentPair | None = None
        """The pair on the screen, while it may be judged."""
        self._from = 0.0
        """Where the recording is played from next."""

    def body(self) -> Iterable[Widget]:
        """The question, left and right, the texts."""
        with Pane(self._experiment.name, id="compare-texts"):
            yield Static("Reading…", id="compare-state", markup=False)
            yield Static(id="compare-heads", markup=False)
            yield PairList(LETTERS, id="comparison")

    def on_mount(self) -> None:
        """Ask for the first pair."""
        self.query_one(PairList).focus()
        self.set_interval(1 / UPDATES, self._show_title)
        self.fetch()

    def why_not(self, action: str) -> str:
        """Return why something cannot be done now; empty: it can."""
        by_reference = self._experiment.judge == "references"
        if action in {"choose", "reference", "play", "skip"} and self._pair is None:
            return "There is nothing on the screen to judge."
        if action == "choose" and by_reference:
            return SAID
        if action == "reference" and not by_reference:
            return "People judge this experiment by which text they prefer."
        return ""

    @work(exclusive=True, group="judging", exit_on_error=False)
    async def fetch(self) -> None:
        """Show the next pair; why there is none stands in its place."""
        try:
            self._show(await self.connection.backend.pair_to_judge(self._experiment.name))
        except OrsttError as error:
            self._say(str(error))

    @work(exclusive=True, group="judging", exit_on_error=False)
    async def judge(self, judgement: Judgement) -> None:
        """Say what a person finds, and show the next pair; what is refused is said, and asked again."""
        self._pair = None  # keys that were pressed before the next one is seen judge nothing
        try:
            self._show(await self.connection.backend.judge_pair(self._experiment.name, judgement))
        except OrsttError as error:
            notify_error(self.app, error)
            self.fetch()

    def _show(self, given: PairToJudge) -> None:
        self.stop_sound()
        self._given, self._pair, self._from = given, given.pair, 0.0
        state = self._experiment.state
        none = ENDED.format(state) if state in {"stopped", "promoted"} else NOTHING
        self._say("" if given.pair else none)
        if given.pair is not None:
            self.query_one(PairList).show(compared_texts(rows_of_pieces(given.pair.pieces)))
        self.refresh_bindings()

    def _say(self, problem: str) -> None:
        by_reference = self._experiment.judge == "references"
        self.query_one("#compare-state", Static).update(problem or (SAID if by_reference else WHICH))
        self.query_one(PairList).display = not problem
        if not problem:
            self.query_one(PairList).focus()
        self._show_title()

    def on_resize(self) -> None:
        """Put the names over their columns."""
        self.call_after_refresh(self._show_title)

    @on(ComparisonList.Moved)
    def _show_title(self) -> None:
        """Say which recording it is, how far one is, and what is heard."""
        pair, rows, at = self._pair, self.query_one(PairList), self._playback.position
        facts = [f"{self._given.judged} judged, {self._given.waiting} to go"]
        if alike := self._experiment.result.alike:
            facts.append(f"{alike:,} alike")
        if pair is not None:
            heard = f"{clock(at)} of " if at is not None else ""
            facts += [f"difference {rows.difference}/{len(rows.differences)}", f"{heard}{clock(pair.duration)}"]
        name = file_name(pair.filename) if pair else self._experiment.name
        show_title(self.query_one("#compare-texts"), name, " · ".join(facts))
        heads = self.query_one("#compare-heads", Static)
        heads.display = rows.display and self.app.size.width >= BESIDE
        if heads.display and rows.size.width:
            first, second, _ = rows.columns
            heads.update(Content(" " * first + set_cell_size("left", second - first) + "right"))

    # --- commands ---------------------------------------------------------------------------------

    def action_choose(self, choice: Choice) -> None:
        """Say which text is better."""
        if self._pair is not None:
            self.judge(Judgement(pair=self._pair.id, choice=choice))

    def action_reference(self) -> None:
        """Ask for a text of what was said, against which the errors of both are counted."""
        if (pair := self._pair) is None:
            return

        def named(reference: NamedReference | None) -> None:
            if reference is not None and reference.text:
                self.judge(Judgement(pair=pair.id, reference=reference.text))

        self.app.push_screen(NameReferenceScreen(), named)

    def action_play(self) -> None:
        """Play the recording from where it was stopped, or stop."""
        if self._pair is not None:
            self._from = self._playback.position or self._from
            self._play()

    def action_skip(self, seconds: float) -> None:
        """Go back or on, and play from there if anything plays."""
        if self._pair is not None:
            at = self._playback.position
            self._from = max(0.0, min((at or self._from) + seconds, self._pair.duration))
            if at is not None:
                self._play(again=True)

    def _play(self, *, again: bool = False) -> None:
        assert self._pair is not None
        start = self._from if self._from < self._pair.duration else 0.0
        self.play_part(self._pair.job, start, None, again=again)

    def action_slow(self) -> None:
        """Play what is begun from now on slower, or no more."""
        self._playback.slow = not self._playback.slow

    def action_close(self) -> None:
        """Go back to where it was opened."""
        self.dismiss()
