"""WindowQueue: which windows of which recordings are decoded together."""

from typing import Any, cast

import pytest

from orstt_core.engines.window_queue import Window, WindowQueue


class Queue(WindowQueue[str, str]):
    """With windows that are called by recording and number."""

    def add(self, recording: str, *numbers: int, kind: str = "") -> list[Window[str, str]]:
        windows = [Window[str, str](recording, kind, number, cast("Any", None)) for number in numbers]
        for window in windows:
            self.put(window)
        return windows

    def names(self) -> list[str]:
        return [f"{window.recording}{window.number}" for window in self.take()]


@pytest.fixture
def queue() -> Queue:
    return Queue(4)


def test_the_first_words_of_a_recording_do_not_wait_for_the_rest_of_it(queue: Queue) -> None:
    queue.add("a", *range(12))
    assert queue.names() == ["a0"]
    assert queue.names() == ["a1", "a2"]
    assert queue.names() == ["a3", "a4", "a5", "a6"]
    assert queue.names() == ["a7", "a8", "a9", "a10"]
    assert queue.names() == ["a11"]
    assert queue.names() == []


def test_clips_of_several_clients_are_decoded_together_before_the_rest_of_a_long_recording(queue: Queue) -> None:
    queue.add("long", *range(20, 30))
    for clip in "abcde":
        queue.add(clip, 0)
    assert queue.names() == ["a0", "b0", "c0", "d0"]
    assert queue.names() == ["e0", "long20", "long21", "long22"]


def test_what_is_decoded_differently_does_not_share_a_batch(queue: Queue) -> None:
    queue.add("a", 0, kind="beam 5")
    queue.add("b", 0, kind="beam 1")
    queue.add("c", 0, kind="beam 5")
    assert queue.names() == ["a0", "c0"]
    assert queue.names() == ["b0"]


def test_what_nobody_waits_for_any_more_is_not_decoded(queue: Queue) -> None:
    first, _, _ = queue.add("a", 5, 6, 7)
    first.abandon()
    assert queue.names() == ["a6", "a7"]
