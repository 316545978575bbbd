"""What is drawn of a recording, and what is heard of it."""

from __future__ import annotations

import asyncio
import io
import sys
import wave
from collections.abc import AsyncGenerator
from pathlib import Path

import numpy as np
import pytest
from textual.app import App, ComposeResult

from orstt_core.audio.peaks import louder, peaks_of
from orstt_core.audio.wav import wav_parts
from orstt_core.types import Peaks, SpeechSpan
from orstt_tui import player
from orstt_tui.playback import Playback, elsewhere
from orstt_tui.player import Player, PlayerFailed
from orstt_tui.wav_files import slowed
from orstt_tui.widgets.waveform import Waveform

SECOND = 16_000


def tone(seconds: float, loudness: float = 0.5) -> np.ndarray:
    times = np.arange(int(seconds * SECOND)) / SECOND
    return (loudness * np.sin(2 * np.pi * 200 * times)).astype(np.float32)


def test_a_peak_is_the_loudest_sample_of_its_tenth_of_a_second_however_long_the_sound() -> None:
    samples = np.zeros(70 * SECOND + 800, np.float32)
    samples[12 * SECOND + 5] = -0.25
    samples[-1] = 1.0
    peaks = peaks_of(samples)
    assert len(peaks) == 701
    assert {place: peak for place, peak in enumerate(peaks) if peak} == {120: 128, 700: 255}
    assert peaks_of(np.zeros(0, np.float32)) == b""
    assert louder(b"\1\5", b"\3\2\7") == b"\3\5\7"


class Drawn(App[None]):
    def __init__(self, *, drawn: bool) -> None:
        super().__init__()
        self.chosen: list[float] = []
        self.wave = Waveform(drawn=drawn)

    def compose(self) -> ComposeResult:
        yield self.wave

    def on_waveform_chosen(self, event: Waveform.Chosen) -> None:
        self.chosen.append(event.seconds)

    @property
    def shown(self) -> list[str]:
        return self.wave.render().plain.split("\n")


LOUD_THEN_QUIET = Peaks(peaks=[200] * 100 + [50] * 100, speech=[SpeechSpan(0.0, 10.0), SpeechSpan(15.0, 18.0)])


@pytest.mark.parametrize("drawn", [True, False])
async def test_loud_sound_is_high_speech_is_underlined_and_the_segment_is_thick(*, drawn: bool) -> None:
    app = Drawn(drawn=drawn)
    async with app.run_test(size=(56, 6)) as pilot:
        assert app.shown == [""]
        app.wave.show(LOUD_THEN_QUIET)
        app.wave.mark(15.0, 16.5)
        above, _, ruler = app.shown
        assert app.wave.window == 20.0
        segment, speech = ("━", "─") if drawn else ("=", "-")
        assert ruler.strip().startswith("0:00.0")
        assert ruler.rstrip().endswith("0:20.0")
        assert (segment in ruler, speech in ruler) == (True, True)
        high, low = ("⣿", "⣀") if drawn else ("|", ".")
        assert high in above
        assert low in above
        assert app.shown == [line if drawn else line.encode("ascii").decode() for line in app.shown]
        await pilot.click(Waveform, offset=(1 + len("0:00.0 "), 1))
        assert app.chosen == [0.0]


async def test_of_a_long_recording_the_part_around_the_segment_is_in_sight() -> None:
    app = Drawn(drawn=True)
    async with app.run_test(size=(80, 6)):
        app.wave.show(Peaks(peaks=[100] * 36_000))
        assert app.shown[2].split() == ["0:00.0", "1:00.0"]
        app.wave.mark(1800.0, 1805.0)
        first = app.shown[2]
        assert first.split()[0] == "29:45.0"
        app.wave.mark(1810.0, 1812.0)
        assert app.shown[2].split()[0] == "29:45.0"  # it stays as long as the segment is in sight
        app.wave.show_position(3590.0)
        app.wave.show_mode("0.75x", looping=True)
        assert "│" in app.shown[0]
        assert app.shown[0].split()[:2] == ["▶", "↻"]
        assert app.shown[1].startswith("0.75x ")
        assert app.shown[2].split()[-1] == "1:00:00.0"


def test_slower_speech_is_longer_and_not_lower() -> None:
    samples = tone(2.0)
    with wave.open(io.BytesIO(slowed(b"".join(wav_parts(samples)), 0.75))) as file:
        heard = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert heard.size == pytest.approx(samples.size / 0.75, abs=1)
    spectrum = np.abs(np.fft.rfft(heard))
    assert np.argmax(spectrum) * SECOND / heard.size == pytest.approx(200, abs=2)


PLAYED = "import sys, pathlib; pathlib.Path(sys.argv[1]).open('ab').write(pathlib.Path(sys.argv[2]).read_bytes()[:4])"


async def test_a_part_is_fetched_and_played_as_often_as_it_loops(tmp_path: Path) -> None:
    asked: list[tuple[str, float, float | None]] = []

    async def fetch(job: str, start: float, end: float | None) -> AsyncGenerator[bytes]:
        asked.append((job, start, end))
        for part in wav_parts(tone(30.0)):
            yield part

    target = tmp_path / "heard"
    playback = Playback(fetch, Player([sys.executable, "-c", PLAYED, str(target)]))
    await playback.play("1111", 20.0, 20.2)
    assert (asked, target.read_bytes(), playback.position) == ([("1111", 5.0, 140.0)], b"RIFF", None)
    playback.looping = playback.slow = True
    playing = asyncio.create_task(playback.play("1111", 22.0, 22.2))
    async with asyncio.timeout(30):
        while target.read_bytes().count(b"RIFF") < 3:
            await asyncio.sleep(0.01)
    position = playback.position
    assert position is not None
    assert 22.0 <= position <= 22.2
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    assert playback.position is None
    assert len(asked) == 1  # what is around a part is there already
    playback.looping = False
    await playback.play("2222", 0.0, None)
    assert asked[1:] == [("2222", 0.0, 120.0)]


async def test_a_machine_that_cannot_play_says_why() -> None:
    silent = Player([sys.executable, "-c", "import sys; sys.exit('no sound card')"])
    with pytest.raises(PlayerFailed, match="cannot play here: no sound card"):
        await silent.play(b"RIFF")
    with pytest.raises(PlayerFailed, match="cannot be started"):
        await Player(["/nowhere/at/all"]).play(b"RIFF")


def test_over_ssh_nothing_is_played_where_nobody_sits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}" if name == "aplay" else None)
    for name in (*player.ELSEWHERE, *player.FORWARDED):
        monkeypatch.delenv(name, raising=False)
    assert player.find_program() == ["aplay", "-q"]
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 22 10.0.0.2 22")
    assert not Player().is_available
    assert elsewhere("1" * 16, 61.2, None) == "ssh HOST orstt audio 11111111 --from 61.20 | aplay"
    monkeypatch.setenv("PULSE_SERVER", "tcp:10.0.0.1")
    assert Player().is_available
