"""Times, dates, counts and long names as text for a person; bytes are `orstt_core.text.readable_bytes`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orstt_core.types import ApiKey, JobPage, MeasuredSetup, Model, Segment, UsedModel

SENDS_SOUND = "sends sound out of this machine"
"""Said of a model, or an engine, in every list and form."""
MINUTE, HOUR, DAY = 60, 3600, 86400
FEWEST = 2
"""Of a unit, below which the smaller one says it better."""


def runs_on(model: Model | UsedModel | MeasuredSetup) -> str:
    """Return device and number format of a model; those of one that a server has are not known."""
    device, compute_type = device_and_compute_type(model)
    return "a server" if device == "server" else ", ".join(filter(None, (device, compute_type)))


def device_and_compute_type(model: Model | UsedModel | MeasuredSetup) -> tuple[str, str]:
    """Return the same for two columns; the number format is empty where there is no choice of one."""
    from orstt_core.types.models import ONLY_COMPUTE_TYPE, Model

    if isinstance(model, Model) and model.sends_sound:
        return "server", ""
    return model.device, "" if model.compute_type == ONLY_COMPUTE_TYPE else model.compute_type


def clock(seconds: float) -> str:
    """Return a time as `0:07`, `12:34` or `1:02:03`, rounded; half a second is one."""
    minutes, rest = divmod(int(max(seconds, 0) + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def timestamp(seconds: float) -> str:
    """Return a place in a recording as `0:07.4`: with tenths, rounded."""
    tenths = round(max(seconds, 0) * 10)
    return f"{clock(tenths // 10)}.{tenths % 10}"


def numbered_line(segment: Segment, number: int) -> str:
    """Return a segment as a line that is read or heard: `12 0:41.2 what was said`; a time only where there is one."""
    time = "" if segment.start is None else f" {timestamp(segment.start)}"
    return f"{number}{time} {' '.join(segment.text.split())}"


def milliseconds(seconds: float) -> str:
    """Return a place in a recording as `0:07.400` or `1:02:03.004`, rounded to thousandths."""
    whole, thousandths = divmod(round(max(seconds, 0) * 1000), 1000)
    return f"{clock(whole)}.{thousandths:03}"


def date(when: datetime) -> str:
    """Return a date and time as the clock on the wall showed it."""
    return f"{when.astimezone():%Y-%m-%d %H:%M}"


def now() -> datetime:
    """Return the present time; every age on the screen is counted from it."""
    return datetime.now(UTC)


def age(when: datetime) -> str:
    """Return how long ago something was as `now`, `5 min`, `3 h` or `12 d`, rounded down."""
    seconds = int((now() - when).total_seconds())
    for unit, length in (("d", DAY), ("h", HOUR), ("min", MINUTE)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return "now"


def rounded_duration(seconds: float) -> str:
    """Return a time as `45 s`, `4 min`, `30 h` or `12 days`: two or more of the largest unit that fits."""
    units = (("days", DAY), ("h", HOUR), ("min", MINUTE), ("s", 1))
    unit, length = next((unit for unit in units if seconds >= FEWEST * unit[1]), units[-1])
    return f"{max(seconds, 0) / length:.0f} {unit}"


def since(when: datetime) -> str:
    """Return how long ago that was."""
    return rounded_duration((now() - when).total_seconds())


def until(when: datetime) -> str:
    """Return how far ahead that is."""
    return rounded_duration((when - now()).total_seconds())


def count(number: int, thing: str) -> str:
    """Return `1 segment` or `2 segments`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def job_totals(page: JobPage) -> str:
    """Return how many jobs there are on all pages, in which states, and how long their recordings are together."""
    parts = [count(page.total, "job")]
    if page.seconds:
        parts.append(f"{clock(page.seconds)} of sound")
    if len(page.by_state) > 1:
        parts += [f"{number:,} {state}" for state, number in page.by_state.items()]
    return " · ".join(parts)


def file_name(label: str) -> str:
    """Return what lists call a job's recording: its name, of a person's own file without the folders."""
    return PurePath(label).name or label


def home_path(path: Path) -> str:
    """Return a path as a person writes it, with `~` for the home."""
    home = Path.home()
    if path == home:
        return "~"
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def shorten(text: str, width: int) -> str:
    """Return a name within so many cells, cut in the middle: what tells names apart is at their ends."""
    from rich.cells import cell_len, set_cell_size  # commands that show no name do without

    if cell_len(text) <= width:
        return text
    head = set_cell_size(text, max(width - 1, 0) // 3).rstrip()
    start = len(text)
    while start and cell_len(head) + 1 + cell_len(text[start - 1 :]) <= width:
        start -= 1
    return f"{head}…{text[start:]}" if width > 0 else ""


def key_state(key: ApiKey, now: datetime) -> str:
    """Return whether a key opens anything."""
    if key.revoked_at is not None:
        return "revoked"
    return "usable" if key.usable(now) else "expired"
