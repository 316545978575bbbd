"""`orstt models update` and `orstt models pull` on a scripted backend."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from cli.running import Result
from scripted import ScriptedBackend

from orstt_core.errors import WeightsDamaged
from orstt_core.types import Change, PullProgress
from orstt_tui.event_text import pull_progress

Run = Callable[..., Result]


def test_a_model_is_changed_in_what_is_given_only(orstt: Run, scripted: ScriptedBackend) -> None:
    before = scripted.rows[3]
    code, out, err = orstt("models", "update", "small", "--compute-type", "float32", "--description", "for the ward")
    assert (code, out, err) == (0, "Changed small.\n", "")
    assert scripted.rows[3] == msgspec.structs.replace(before, compute_type="float32", description="for the ward")


def test_a_model_gets_another_name(orstt: Run, scripted: ScriptedBackend) -> None:
    assert orstt("models", "update", "small", "--name", "ward") == (0, "Changed ward.\n", "")
    assert scripted.rows[3].name == "ward"


def test_options_of_the_engine_are_given_by_name(orstt: Run, scripted: ScriptedBackend) -> None:
    assert orstt("models", "add", "mine", "--option", "region=eu=1", "--option", "threads=4").code == 0
    assert scripted.rows[6].options == {"region": "eu=1", "threads": "4"}
    assert ["options", "region=eu=1,", "threads=4"] in map(str.split, orstt("models", "show", "mine").out.splitlines())
    assert orstt("models", "update", "mine", "--option", "threads=").code == 0
    assert scripted.updates[-1].options == {"threads": None}
    code, _, err = orstt("models", "update", "mine", "--option", "threads")
    assert (code, "'threads' is no NAME=VALUE." in err) == (2, True)


def test_another_model_becomes_the_default(orstt: Run, scripted: ScriptedBackend) -> None:
    assert orstt("models", "update", "tiny", "--default").code == 0
    assert [row.name for row in scripted.rows.values() if row.is_default] == ["tiny"]


def test_a_folder_of_weights_is_stored_so_that_it_is_found_from_anywhere(
    orstt: Run, scripted: ScriptedBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weights").mkdir()
    monkeypatch.chdir(tmp_path)
    assert orstt("models", "update", "small", "--weights", "./weights").code == 0
    assert scripted.rows[3].model == str(tmp_path / "weights")


def test_changing_as_json_answers_the_change(orstt: Run, scripted: ScriptedBackend) -> None:
    out = orstt("models", "update", "small", "--description", "new", "--json").out
    assert msgspec.json.decode(out, type=Change).model == scripted.rows[3]


@pytest.mark.parametrize(
    ("args", "code"), [(("small",), 2), (("nobody", "--default"), 3), (("small", "--name", "base"), 4)]
)
def test_what_cannot_be_changed_is_one_line_and_its_exit_code(orstt: Run, args: tuple[str, ...], code: int) -> None:
    result = orstt("models", "update", *args)
    assert (result.code, result.out) == (code, "")
    assert result.err.count("\n") == 1


def test_a_pull_says_that_the_files_are_here(orstt: Run) -> None:
    assert orstt("models", "pull", "small") == (0, "The files of small are here.\n", "")


def test_a_pull_as_json_is_its_steps_one_a_line(orstt: Run, scripted: ScriptedBackend) -> None:
    code, out, err = orstt("models", "pull", "small", "--json")
    assert (code, err) == (0, "")
    steps = [msgspec.json.decode(line, type=PullProgress) for line in out.splitlines()]
    assert steps == scripted.pull
    assert json.loads(out.splitlines()[1])["completed"] == 72_500_000


def test_how_far_a_pull_is_is_told_in_words(scripted: ScriptedBackend) -> None:
    step = scripted.pull[1]
    assert isinstance(step, PullProgress)
    assert pull_progress(step) == "pulling d01c3014: 74 MB of 148 MB (50 %) · 12 MB/s · 6 s left"
    assert pull_progress(PullProgress(status="pulling manifest")) == "pulling manifest"


def test_a_pull_that_fails_is_one_line(orstt: Run, scripted: ScriptedBackend) -> None:
    scripted.pull = [*scripted.pull[:2], WeightsDamaged("model.bin is not what was published.", hint="Pull it again.")]
    code, out, err = orstt("models", "pull", "small")
    assert (code, out) == (5, "")
    assert err == "orstt: model.bin is not what was published. Pull it again.\n"
