"""The sound of a job beside its text: drawn under it, and played where this machine has sound."""

from __future__ import annotations

import msgspec
import pytest
from scripted import ScriptedBackend
from tui.conftest import Open
from tui.piloting import a_done_job, notices, screen_text, show_jobs, until

from orstt_core.types import Peaks, SpeechSpan, Word
from orstt_tui import playback, player
from orstt_tui.screens.plays_sound import NO_SOUND
from orstt_tui.screens.transcript import TranscriptScreen
from orstt_tui.widgets.waveform import Waveform

PEAKS = Peaks(peaks=[40, 200, 120, 90] * 15, speech=[SpeechSpan(0.0, 1.8), SpeechSpan(2.1, 3.9)])


@pytest.fixture
def backend() -> ScriptedBackend:
    backend = ScriptedBackend()
    job = a_done_job(1, "The knee is stable.", "Good bye.", "Until Monday.")
    assert job.result is not None
    words = [Word(start=2.2, end=2.6, word="Good"), Word(start=2.7, end=3.1, word=" bye.")]
    segments = [msgspec.structs.replace(segment, words=words) for segment in job.result.segments]
    result = msgspec.structs.replace(job.result, segments=segments)
    backend.put(msgspec.structs.replace(job, result=result, segments=segments, recording="f" * 64))
    backend.peaks_of[job.id] = PEAKS
    return backend


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What a player that is done at once has played."""
    played: list[bytes] = []

    async def play(_: player.Player, wav: bytes) -> None:
        played.append(wav)

    monkeypatch.setattr(player, "find_program", lambda: ["play"])
    monkeypatch.setattr(player.Player, "play", play)
    monkeypatch.setattr(playback, "excerpt", lambda wav, start, end: f"{start:.2f} to {end:.2f}".encode())
    monkeypatch.setattr(playback, "slowed", lambda wav, speed: wav + f" at {speed}".encode())
    return played


async def test_a_segment_a_word_and_what_follows_are_heard_and_the_wave_shows_where_one_is(
    open_app: Open, backend: ScriptedBackend, heard: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app(size=(80, 24)) as pilot:
        await show_jobs(pilot, "visit-1.wav")
        await pilot.press("enter")
        await until(pilot, lambda: "⣿" in screen_text(pilot) and "Until Monday." in screen_text(pilot))
        wave = pilot.app.screen.query_one(Waveform)
        assert wave.render().plain.split("\n")[2].split()[0] == "0:00.0"
        await pilot.press("g", "j", "space")
        await until(pilot, lambda: heard == [b"2.00 to 4.00"])
        await pilot.press("w", "less_than_sign")
        await until(pilot, lambda: heard[1:] == [b"2.15 to 2.65"])
        await pilot.press("w")
        await until(pilot, lambda: heard[2:] == [b"2.65 to 3.15 at 0.75"])
        assert "0.75x" in screen_text(pilot)
        await pilot.press("k", "shift+down", "space")
        await until(pilot, lambda: heard[3:] == [b"0.00 to 4.00 at 0.75"])
        assert [asked[1:] for asked in backend.heard] == [(0.0, 122.0)], "what is around a part is fetched once"
        screen = pilot.app.screen
        assert isinstance(screen, TranscriptScreen)
        await pilot.press("g", "j", "l")
        await until(pilot, lambda: screen._playback.looping)
        await pilot.press("l", "p")
        await until(pilot, lambda: heard[4:] == [b"2.00 to 122.00 at 0.75"])
        await pilot.click(Waveform, offset=(70, 1))
        await until(pilot, lambda: screen.reader.cursor == 2)
        monkeypatch.setattr(screen._playback, "_player", player.Player([]))  # as where nobody would hear it
        await pilot.press("g", "space")
        line = "ssh HOST orstt audio 11111111 --from 0.00 --to 2.00 | aplay"
        await until(pilot, lambda: any(line in notice for notice in notices(pilot)))
        await pilot.press("j", "space")
        await until(pilot, lambda: line.replace("2.00 |", "4.00 |") in notices(pilot))
        assert [NO_SOUND in notice for notice in notices(pilot)].count(True) == 1, "why is said once"
        assert len(backend.heard) == 1
        await pilot.press("slash", "a", "space", "w")
        assert pilot.app.focused is not None
        assert getattr(pilot.app.focused, "value", "") == "a w", "what is typed plays nothing"
