"""`orstt tune`: what it prints, what it refuses, and one run on real weights."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from cli.running import Result, Shell, wait_for
from scripted import WHEN, ScriptedBackend

from orstt_core.measurements.machine import this_machine
from orstt_core.settings import load_settings
from orstt_core.tuning import benchmark
from orstt_core.types import ModelSetting, Tuned, Tuning, TuningFigures, TuningStatus, TuningTrial, TuningTried

Run = Callable[..., Result]
SLOW_SETTING = ModelSetting(compute_type="int8")
FAST_SETTING = ModelSetting(compute_type="int8", options={"workers": 4})


def tuned(*, kept: bool = True) -> Tuning:
    before = TuningFigures(clip_seconds=0.4, long_seconds=6, long_duration=75, wrong_words=1, memory=300_000_000)
    after = msgspec.structs.replace(before, clip_seconds=0.2, long_seconds=3, memory=400_000_000)
    trials = [
        TuningTrial(setting=FAST_SETTING, before=before, after=after, kept=kept),
        TuningTrial(setting=ModelSetting(compute_type="float32"), problem="There is not enough memory."),
    ]
    return Tuning(
        model="base",
        model_type="whisper",
        weights="base",
        device="cpu",
        machine=this_machine(),
        libraries={"ctranslate2": "4.8.0"},
        at=WHEN,
        before=SLOW_SETTING,
        after=FAST_SETTING if kept else SLOW_SETTING,
        trials=trials,
    )


@pytest.fixture(autouse=True)
def load(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Set how busy the machine is: not at all, unless a test says so."""

    def set_load(average: float) -> None:
        monkeypatch.setattr("os.getloadavg", lambda: (average, average, average))

    set_load(0)
    return set_load


@pytest.fixture
def tune_so(scripted: ScriptedBackend) -> Callable[[Tuning], None]:
    """Have tuning come to this result."""

    def script(tuning: Tuning) -> None:
        tried = [TuningTried(trial=trial) for trial in tuning.trials]
        scripted.tuning = [TuningStatus(text="loading the model as it is"), *tried, Tuned(tuning=tuning)]

    return script


def test_each_trial_is_a_line_and_the_last_one_says_what_came_of_it(
    orstt: Run, tune_so: Callable[[Tuning], None]
) -> None:
    figures = "clip 0.40 -> 0.20 s, long 6.0 -> 3.0 s, wrong words 1 -> 1, memory 300 MB -> 400 MB"
    tune_so(tuned())
    code, out, err = orstt("tune")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "base as it is: int8.",
        f"workers=4: {figures}; 2.00 times as fast, kept",
        "float32: cannot be tried: There is not enough memory.",
        f"base is now 2.00 times as fast ({figures}) with int8, workers=4. To undo it: orstt tune base --undo",
    ]
    assert orstt("tune", "base", "--dry-run").out.endswith("with int8, workers=4. Nothing was stored.\n")
    tune_so(tuned(kept=False))
    assert orstt("tune").out.endswith("Nothing that was tried is faster by 5 %: base stays as it is.\n")


def test_as_json_it_is_the_tuning(orstt: Run, tune_so: Callable[[Tuning], None]) -> None:
    tune_so(tuned())
    assert msgspec.json.decode(orstt("tune", "--json").out, type=Tuning) == tuned()


def test_it_says_when_other_work_makes_the_figures_less_sure(
    orstt: Run, tune_so: Callable[[Tuning], None], load: Callable[[float], None]
) -> None:
    tune_so(tuned())
    load(1000.0)
    code, _, err = orstt("tune")
    assert code == 0
    assert err.startswith("orstt: other work keeps this machine busy")


def test_undo_puts_the_setting_from_before_back(orstt: Run, scripted: ScriptedBackend) -> None:
    [base] = [row for row in scripted.rows.values() if row.name == "base"]
    scripted.rows[base.id] = msgspec.structs.replace(base, compute_type="float32")
    code, out, err = orstt("tune", "base", "--undo")
    assert (code, out, err) == (0, "base is as before it was tuned: int8.\n", "")
    assert orstt("tune", "--dry-run", "--undo").code == 2


@pytest.mark.slow
@pytest.mark.models
def test_a_dry_run_tries_everything_on_real_weights(real_orstt: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"CLIPS": 1, "LONG": 1, "FEWEST": 2, "MOST": 2}.items():
        monkeypatch.setattr(benchmark, name, value)
    code, out, err = real_orstt("tune", "--dry-run", "--json", ORSTT_CPU_THREADS="2")
    assert (code, err) == (0, "")
    tuning = msgspec.json.decode(out, type=Tuning)
    settings = [trial.setting for trial in tuning.trials]
    assert ModelSetting(compute_type="int8", options={"workers": 1}) in settings
    assert any(setting.options.get("batch") == 8 for setting in settings)
    assert any(setting.compute_type == "float32" for setting in settings)
    for trial in tuning.trials:
        assert trial.problem == ""
        for figures in (trial.before, trial.after):
            assert figures is not None
            assert figures.wrong_words == 0
            assert min(figures.clip_seconds, figures.long_seconds, figures.memory) > 0
    assert not (load_settings().data_dir / "tuning").exists()
    assert '"options"' not in real_orstt("models", "show", "base", "--json").out


@pytest.mark.slow
@pytest.mark.models
def test_ctrl_c_ends_it_and_stores_nothing(shell: Shell, tmp_path: Path) -> None:
    process = shell.start("tune", "--json", environ={"ORSTT_DATA_DIR": str(tmp_path)})
    wait_for(lambda: len(children(process.pid)) >= 2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    assert err.endswith(b"orstt: stopped.\n")
    assert not (tmp_path / "tuning").exists()


def children(pid: int) -> list[object]:
    import psutil

    return list(psutil.Process(pid).children())
