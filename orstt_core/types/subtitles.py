"""How subtitles are laid out: what a cue may hold, so that it can be read in the time it is shown."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from msgspec import Meta

from orstt_core.cue_layout import Limits
from orstt_core.types.checked import Checked
from orstt_core.types.options import described


class Usual(NamedTuple):
    """What is usual in a language: characters a line, and a second."""

    line_length: int
    reading_speed: float
    spaced: bool = True


USUAL = Usual(42, 20)
USUAL_OF = {
    "zh": Usual(16, 9, spaced=False),
    "yue": Usual(16, 9, spaced=False),
    "ja": Usual(13, 4, spaced=False),
    "ko": Usual(16, 12),
}
"""Language (ISO code) -> what is usual in it, as in the public style guides for timed text that Netflix gives."""


class SubtitleOptions(Checked, frozen=True, kw_only=True, omit_defaults=True):
    """What a cue may hold; a longer segment is divided between words, where their times were measured."""

    line_length: Annotated[
        Annotated[int, Meta(ge=5, le=200)] | None,
        described("Line length", "Characters a line; not given, what is usual in the language, such as 42."),
    ] = None
    lines: Annotated[int, Meta(ge=1, le=10), described("Lines", "Lines a cue.", flag="cue-lines")] = 2
    cue_seconds: Annotated[
        float, Meta(ge=0.5, le=60), described("Seconds", "How long a cue is shown at most.", flag="cue-seconds")
    ] = 7.0
    reading_speed: Annotated[
        Annotated[float, Meta(ge=1, le=100)] | None,
        described(
            "Reading speed",
            "Characters a second: a cue stays until it can be read, if the next one leaves time; not given, what is "
            "usual in the language, such as 20.",
        ),
    ] = None

    def limits(self, language: str | None) -> Limits:
        """Return what a cue may hold in a language (ISO code); None: it is not known."""
        usual = USUAL_OF.get(language or "", USUAL)
        return Limits(
            line_length=self.line_length or usual.line_length,
            lines=self.lines,
            seconds=self.cue_seconds,
            reading_speed=self.reading_speed or usual.reading_speed,
            spaced=usual.spaced,
        )
