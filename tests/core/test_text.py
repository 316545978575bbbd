"""Numbers of bytes and names that came from outside, as people see them."""

import pytest

from orstt_core.text import printable, readable_bytes, without_folders


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (45_400_000, "45 MB"),
        (999_999, "1 MB"),
        (999_600_000, "1.0 GB"),
        (31 * 10**8, "3.1 GB"),
    ],
)
def test_bytes_are_told_in_the_largest_unit_that_leaves_a_whole_number(size: int, shown: str) -> None:
    assert readable_bytes(size) == shown


def test_what_a_terminal_would_obey_or_cannot_show_is_a_question_mark() -> None:
    assert printable("Grüße \x1b[2J\n\udcff.wav") == "Grüße ?[2J??.wav"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("No such file or directory: '/srv/the models/base/model.bin'", "No such file or directory: 'model.bin'"),
        ("/opt/lib/libcudnn.so: cannot open; see https://hf.co/a/b", "libcudnn.so: cannot open; see https://hf.co/a/b"),
        ("n/a of ~/models/x and ../y/z (/a/b)", "n/a of x and z (b)"),
    ],
)
def test_of_paths_in_a_librarys_message_only_the_last_part_is_told(said: str, told: str) -> None:
    assert without_folders(said) == told
