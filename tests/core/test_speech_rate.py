"""What can be said in how short a time, in every writing."""

import pytest

from orstt_core.speech_rate import is_invented, is_speakable
from orstt_core.types import Segment


@pytest.mark.parametrize(
    "text",
    [
        "Thank you very much.",
        "Thanks for watching!",
        "Untertitel der Amara.org-Community",
        "Sous-titrage ST' 501",
        "Продолжение следует...",
        "ご視聴ありがとうございました",
        "请不吝点赞 订阅 转发 打赏",
        "감사합니다, 시청해주셔서",
        "ขอบคุณที่รับชมรายการของเรา",
        "देखने के लिए आप सबका बहुत धन्यवाद",
        "شكرا على المشاهدة",
    ],
)
def test_what_models_write_for_a_blip_cannot_be_said_in_one(text: str) -> None:
    for seconds in (-1.0, 0.0, 0.12, 0.15, 0.3, 0.4):
        assert not is_speakable(text, seconds)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("I", 0.0),
        ("No.", 0.05),
        ("six", 0.1),
        ("Jawohl!", 0.25),
        ("I don't know.", 0.4),
        ("yes, yes, yes", 0.5),
        ("是", 0.06),
        ("谢谢。", 0.25),
        ("はい", 0.15),
        ("네", 0.05),
        ("नहीं", 0.1),
        ("1984", 0.3),
        ("Donaudampfschifffahrtsgesellschaft", 1.4),
        ("", 0.0),
        ("...", 0.0),
        ("she sells seashells by the seashore and he said that this is so " * 3, 1.0),
    ],
)
def test_what_fast_talkers_say_can_be_said(text: str, seconds: float) -> None:
    assert is_speakable(text, seconds)


@pytest.mark.parametrize(
    ("start", "end", "duration", "invented"),
    [
        (1.0, 1.1, 9.0, True),
        (1.0, 2.0, 0.1, True),  # beyond the end of the sound
        (None, None, 0.1, True),
        (None, 0.2, 9.0, True),
        (8.9, None, 9.0, True),
        (1.0, 3.0, 9.0, False),
        (None, None, 9.0, False),
        (0.0, 0.0, 9.0, False),  # times that no sound can have were not measured
        (3.0, 1.0, 9.0, False),
    ],
)
def test_a_segment_is_judged_by_the_time_that_was_measured(
    start: float | None, end: float | None, duration: float, *, invented: bool
) -> None:
    segment = Segment(id=0, start=start, end=end, text="Thank you very much.")
    assert is_invented(segment, duration) == invented
