"""Which sound track of a file is read: the one that is asked for, or the one that players choose and that has sound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from orstt_core.audio.channels import MOST_SEPARATE
from orstt_core.errors import AudioUnreadable, TooLarge
from orstt_core.text import printable

if TYPE_CHECKING:
    from av import AudioStream
    from av.container import InputContainer

MOST_NAMED = 8
"""Tracks that a message names."""
LONGEST_LANGUAGE, LONGEST_TITLE = 20, 60


def asked_track(container: InputContainer, number: int, label: str) -> AudioStream | None:
    """Return a track by its number among the sound tracks, from 1 on; None where the file has no sound at all.

    Raises:
        AudioUnreadable: there is none of that number, or it cannot be decoded.
    """
    tracks = container.streams.audio
    if not tracks:
        return None
    if not 1 <= number <= len(tracks):
        raise no_such_track(label, number, [described(track, place) for place, track in enumerate(tracks, 1)])
    track = tracks[number - 1]
    if not is_decodable(track):
        raise AudioUnreadable(
            f"Sound track {number} of {label} cannot be decoded.",
            hint=f"It is {described(track, number)}; choose another one.",
            field="track",
        )
    return track


def no_such_track(label: str, number: int, known: Sequence[str]) -> AudioUnreadable:
    """Return the error for a number that no track has; `known` describes those that there are."""
    if not known:
        return AudioUnreadable(f"{label} has one sound track, and no {number}.", hint="Leave track out.", field="track")
    listed = "; ".join(known[:MOST_NAMED]) + ("; …" if len(known) > MOST_NAMED else "")
    return AudioUnreadable(f"{label} has no sound track {number}.", hint=f"It has: {listed}.", field="track")


def chosen_track(
    container: InputContainer, is_silent: Callable[[AudioStream], bool], warnings: list[str]
) -> AudioStream | None:
    """Return the track that players choose among those that can be decoded and are not silent.

    Says so where there are several. Of silent ones only the first is returned.
    """
    best = container.streams.best("audio")
    tracks = sorted(container.streams.audio, key=lambda track: (track is not best, not _is_default(track), track.index))
    decodable = [track for track in tracks if is_decodable(track)]
    silent: list[AudioStream] = []
    while len(decodable) > 1 and len(silent) < len(decodable) and is_silent(decodable[len(silent)]):
        silent.append(decodable[len(silent)])
    if not decodable:
        return None
    heard = len(silent) < len(decodable)
    chosen = decodable[len(silent)] if heard else decodable[0]
    if len(tracks) > 1:
        names = {track.index: _name(track, number) for number, track in enumerate(container.streams.audio, 1)}
        be = "is" if len(silent) == 1 else "are"
        named = " and ".join(names[track.index] for track in silent)
        reason = f", because {named} {be} silent" if silent and heard else ""
        listed = ", ".join(list(names.values())[:MOST_NAMED])
        warnings.append(f"The file has {len(names)} sound tracks ({listed}); {names[chosen.index]} was read{reason}.")
    return chosen


class OneTrack:
    """One sound track of a file by itself, and which others can be.

    Args:
        number: of the track, from 1 on; afterwards that of the one that was read, for this may be none to be heard.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.numbers: list[int] = []
        """The tracks that can be decoded and are not silent, from 1 on; empty where there is one track."""
        self.notes: list[str] = []
        """What a person should know about the tracks, each a sentence."""
        self._begun = False

    def choose(self, container: InputContainer, is_silent: Callable[[AudioStream], bool]) -> AudioStream | None:
        """Return the track, or the first of those that are to be read.

        Raises:
            TooLarge: there are too many to transcribe them all.
        """
        tracks = dict(enumerate(container.streams.audio, 1))
        decodable = [number for number, track in tracks.items() if is_decodable(track)]
        if not decodable:
            return None
        if len(decodable) > MOST_SEPARATE:
            raise TooLarge(
                f"The recording has more than {MOST_SEPARATE} sound tracks; each would be transcribed.",
                hint="Ask for one of them with `track`.",
                field="tracks",
            )
        silent = [number for number in decodable if len(tracks) > 1 and is_silent(tracks[number])]
        heard = [number for number in decodable if number not in silent] or decodable[:1]
        number = self.number if self.number in heard else heard[0]
        if self._begun:  # of joined recordings the first has the say
            later = [each for each in heard if each not in (number, *self.numbers)]
            self.notes += [note for each in later if (note := _left_out(each)) not in self.notes]
        else:
            self._begun = True
            self.number = number
            self.numbers = heard if len(tracks) > 1 else []
            self.notes = [f"Track {number} is silent." for number in silent]
            self.notes += [f"Track {number} cannot be decoded." for number in tracks if number not in decodable]
            if len(tracks) == 1:
                self.notes = ["The recording has one sound track, so there is one transcript of it."]
        return tracks[number]


def _left_out(number: int) -> str:
    return f"Track {number} is heard only in a later part of the file, and was left out."


def is_decodable(track: AudioStream) -> bool:
    """Tell whether there is a decoder for a track."""
    import av

    context = getattr(track, "codec_context", None)
    if context is None:
        return False
    try:
        context.open(strict=False)
    except (av.FFmpegError, ValueError):
        return False
    return True


def described(track: AudioStream, number: int) -> str:
    """Return a track as a person chooses it: number, language, title, codec, and whether it is the default one."""
    title = printable(track.metadata.get("title", ""))[:LONGEST_TITLE]
    context = getattr(track, "codec_context", None)
    details = [context.codec.name if context else "unknown codec", *(["default"] if _is_default(track) else [])]
    return " ".join([_name(track, number), *([f'"{title}"'] if title else []), f"({', '.join(details)})"])


def _name(track: AudioStream, number: int) -> str:
    language = printable(track.metadata.get("language", ""))[:LONGEST_LANGUAGE]
    return f"{number} {language}" if language and language != "und" else str(number)


def _is_default(track: AudioStream) -> bool:
    from av.stream import Disposition

    return Disposition.default in track.disposition
