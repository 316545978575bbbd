"""OneChannel: one channel of a recording in place of the mix, and what is found out of the others meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orstt_core.errors import TooLarge

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SILENT = 2.0**-13
"""The peak below which a channel is silent: four steps of 16 bits, as dither leaves them."""
SAME = 0.05
"""Share of a block's energy by which two channels may differ and be the same: codecs at 48 kbit/s and more left up to
0.035 between the sides of a mono recording. The sides of a call differ by nearly all that there is."""
MOST_SEPARATE = 20
"""As many as Deepgram transcribes by themselves (its feature Multichannel): each costs as much as a recording."""
FLOOR = 1e-7
"""Mean square of what two channels may differ by in any case."""


class OneChannel:
    """Takes one channel of each block, and compares all of them.

    Args:
        number: of the channel, from 1 on. Blocks that do not have it are silent.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.restart()

    def restart(self) -> None:
        """Forget what was seen: another reader begins anew."""
        self._peaks: list[float] = []
        self._same: dict[tuple[int, int], bool] = {}

    def __call__(
        self,
        block: NDArray[np.float32],
        speakers: tuple[str, ...] = (),  # noqa: ARG002 - called as mix_down is
    ) -> NDArray[np.float32]:
        """Return this channel of a block of shape (n, channels), shape (n,).

        Raises:
            TooLarge: more channels hold a sound of their own than can be transcribed by themselves.
        """
        import numpy as np

        self._compare(block)
        if len(self._peaks) > MOST_SEPARATE and len(self._distinct) > MOST_SEPARATE:
            raise _too_many()
        frames, channels = block.shape
        return block[:, self.number - 1] if self.number <= channels else np.zeros(frames, np.float32)

    @property
    def numbers(self) -> list[int]:
        """The channels that hold a sound of their own, from 1 on; empty where all is one sound."""
        distinct = self._distinct
        return [] if self._is_one(distinct) else distinct or [1]

    @property
    def notes(self) -> list[str]:
        """What a person should know about the channels, each a sentence."""
        count, distinct = len(self._peaks), self._distinct
        if count == 1:
            return ["The recording has one channel, so there is one transcript of it."]
        if self._is_one(distinct):
            return [f"All {count} channels of the recording hold the same sound, so there is one transcript of it."]
        silent = [f"Channel {number} is silent." for number in range(1, count + 1) if self._is_silent(number)]
        copies = [
            f"Channel {number} holds the same as channel {twin}."
            for number in range(1, count + 1)
            if number not in distinct and (twin := self._twin(number, distinct))
        ]
        return silent + copies

    def _is_one(self, distinct: list[int]) -> bool:
        if len(self._peaks) == 1:
            return True
        return len(distinct) == 1 and not any(self._is_silent(number) for number in range(1, len(self._peaks) + 1))

    def _is_silent(self, number: int) -> bool:
        return self._peaks[number - 1] < SILENT

    @property
    def _distinct(self) -> list[int]:
        found: list[int] = []
        for number in range(1, len(self._peaks) + 1):
            if not self._is_silent(number) and not self._twin(number, found):
                found.append(number)
        return found

    def _twin(self, number: int, others: list[int]) -> int:
        return next((other for other in others if other < number and self._same.get((other, number))), 0)

    def _compare(self, block: NDArray[np.float32]) -> None:
        import numpy as np

        frames, channels = block.shape
        for number in range(len(self._peaks) + 1, channels + 1):  # one that was not there before was silent
            self._same |= {(other, number): self._is_silent(other) for other in range(1, number)}
            self._peaks.append(0.0)
        energies = block.T @ block
        for second in range(1, channels):
            for first in range(second):
                one, other = float(energies[first, first]), float(energies[second, second])
                difference = one + other - 2 * float(energies[first, second])
                if difference > SAME * max(one, other) + FLOOR * frames:
                    self._same[first + 1, second + 1] = False
        for index, peak in enumerate(np.abs(block).max(axis=0)):
            self._peaks[index] = max(self._peaks[index], float(peak))


def _too_many() -> TooLarge:
    return TooLarge(
        f"The recording has more than {MOST_SEPARATE} channels with a sound of their own; each would be transcribed.",
        hint="Transcribe all as one, without `channels`, or take the channels apart into files of their own.",
        field="channels",
    )
