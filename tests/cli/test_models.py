"""`orstt models` and `orstt types` on a scripted backend."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from cli.running import Result
from scripted import ScriptedBackend, whisper

from orstt_core.types import (
    Change,
    Check,
    EngineList,
    Leftover,
    Model,
    ModelDraft,
    StoredFile,
    StoredWeights,
    Validation,
    Verification,
    VerifiedFile,
)
from orstt_tui.formatting import date

Run = Callable[..., Result]


def test_the_list_is_aligned_and_marks_the_active_model_without_colour(orstt: Run) -> None:
    code, out, err = orstt("models", "list")
    assert (code, err) == (0, "")
    header, *rows = out.splitlines()
    assert header.split() == ["ID", "NAME", "TYPE", "WEIGHTS", "FILES", "DEVICE", "COMPUTE", "DESCRIPTION"]
    assert [row.split()[0] for row in rows] == ["1", "*", "3", "4", "5"]
    assert {row.index("whisper") for row in rows} == {header.index("TYPE")}
    assert rows[1].endswith("Balanced speed and accuracy (recommended) [default]")
    assert "\x1b" not in out


def test_a_model_that_sends_sound_and_may_not_is_listed_as_off(orstt: Run, scripted: ScriptedBackend) -> None:
    scripted.rows[5] = msgspec.structs.replace(scripted.rows[5], sends_sound=True)
    assert orstt("models", "list").out.endswith("[sends sound out of this machine]\n")
    refused = Check(name="destination", outcome="failed", detail="Sound may not be sent to it.")
    scripted.validation = Validation(valid=True, available=False, message="It is not.", checks=[refused])
    assert orstt("models", "list").out.count("[off]") == 1


def test_the_list_as_json_is_the_models_on_one_line(orstt: Run, scripted: ScriptedBackend) -> None:
    code, out, _ = orstt("models", "list", "--json")
    assert code == 0
    assert out.count("\n") == 1
    assert msgspec.json.decode(out, type=list[Model]) == list(scripted.rows.values())


@pytest.mark.parametrize("reference", ["small", "3"])
def test_a_model_is_shown_by_name_or_id(orstt: Run, scripted: ScriptedBackend, reference: str) -> None:
    shown = orstt("models", "show", reference).out
    assert "Better accuracy, slower" in shown
    assert ["created", "at", *date(scripted.rows[3].created_at).split()] in map(str.split, shown.splitlines())
    assert msgspec.json.decode(orstt("models", "show", reference, "--json").out, type=Model) == scripted.rows[3]
    scripted.engine_list = EngineList(engines=[whisper(languages={"": ["en", "de", "ko", "fr"], "small": ["gd"]})])
    assert orstt("models", "show", reference).out.splitlines()[-1].split() == ["languages", "Scottish", "Gaelic"]
    assert "4 languages" in orstt("types").out


def test_what_is_in_a_description_cannot_break_the_table(orstt: Run, scripted: ScriptedBackend) -> None:
    scripted.rows[1] = msgspec.structs.replace(scripted.rows[1], description="one\ntwo\x1b[31m")
    out = orstt("models", "list").out
    assert len(out.splitlines()) == 6
    assert "\x1b" not in out


def test_a_model_is_added_as_the_options_say(orstt: Run, scripted: ScriptedBackend) -> None:
    options = "--type faster-whisper --weights base --device cuda --compute-type float16"
    code, out, err = orstt("models", "add", "quick", *options.split(), "--description", "for the ward")
    assert (code, err) == (0, "")
    assert out == "Added quick: faster-whisper base on cuda with float16.\n"
    added = scripted.rows[6]
    assert (added.model_type, added.model, added.device, added.compute_type, added.description) == (
        "faster-whisper",
        "base",
        "cuda",
        "float16",
        "for the ward",
    )


def test_adding_as_json_answers_the_change(orstt: Run, scripted: ScriptedBackend) -> None:
    out = orstt("models", "add", "quick", "--json").out
    assert msgspec.json.decode(out, type=Change).model == scripted.rows[6]


def test_warnings_of_a_change_stand_on_standard_error(orstt: Run, scripted: ScriptedBackend) -> None:
    scripted.validation = msgspec.structs.replace(scripted.validation, warnings=["It is large."])
    assert orstt("models", "activate", "large") == (0, "large is active.\n", "orstt: warning: It is large.\n")
    assert orstt("models", "add", "larger").err == "orstt: warning: It is large.\n"


def test_a_folder_of_weights_is_stored_so_that_it_is_found_from_anywhere(
    orstt: Run, scripted: ScriptedBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weights").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, given in {"a": "weights", "b": "./weights", "c": "~/weights", "d": tmp_path / "weights"}.items():
        assert orstt("models", "add", name, "--weights", given).code == 0
    assert {row.model for row in list(scripted.rows.values())[5:]} == {str(tmp_path / "weights")}


def test_weights_that_are_no_folder_here_are_taken_as_they_are(orstt: Run, scripted: ScriptedBackend) -> None:
    orstt("models", "add", "a", "--weights", "owner/name")
    assert scripted.rows[6].model == "owner/name"


@pytest.mark.parametrize("folder", ["./nowhere", "/nowhere", "~/nowhere"])
def test_a_folder_of_weights_that_is_not_there_is_named(orstt: Run, scripted: ScriptedBackend, folder: str) -> None:
    code, out, err = orstt("models", "add", "a", "--weights", folder)
    assert (code, out) == (3, "")
    assert folder in err
    assert len(scripted.rows) == 5


def test_a_folder_on_a_server_is_left_to_the_server(
    orstt: Run, scripted: ScriptedBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weights").mkdir()
    monkeypatch.chdir(tmp_path)
    orstt("models", "add", "a", "--weights", "weights", "--remote", "http://server")
    orstt("--remote", "http://server", "models", "add", "b", "--weights", "/srv/weights")
    assert [row.model for row in list(scripted.rows.values())[5:]] == ["weights", "/srv/weights"]


def test_a_model_is_activated_and_removed(orstt: Run, scripted: ScriptedBackend) -> None:
    assert orstt("models", "activate", "tiny") == (0, "tiny is active.\n", "")
    assert scripted.rows[1].is_active
    assert orstt("models", "remove", "small") == (0, "Removed small; its files stay on disk.\n", "")
    assert 3 not in scripted.rows


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("remove", "base"), 4),
        (("remove", "nonsense"), 3),
        (("activate", "nonsense"), 3),
        (("show", "nonsense"), 3),
        (("add", "base"), 4),
    ],
)
def test_what_cannot_be_done_is_one_line_and_its_exit_code(orstt: Run, args: tuple[str, ...], code: int) -> None:
    result = orstt("models", *args)
    assert (result.code, result.out) == (code, "")
    assert result.err.startswith("orstt: ")
    assert result.err.count("\n") == 1


def test_validate_prints_the_four_checks_and_agrees(orstt: Run) -> None:
    code, out, err = orstt("models", "validate", "small")
    assert (code, err) == (0, "")
    assert [line.split()[:2] for line in out.splitlines()[:4]] == [
        ["passed", "type"],
        ["passed", "dependencies"],
        ["passed", "device"],
        ["passed", "model"],
    ]
    assert out.splitlines()[-1] == "Ready to use."


def test_validate_says_what_fails_and_how_to_mend_it_and_exits_with_5(orstt: Run, scripted: ScriptedBackend) -> None:
    failed = Check(name="model", outcome="failed", detail="no weights", fix="Fetch them.")
    scripted.validation = Validation(
        valid=True, available=False, message="No weights. Fetch them.", checks=[failed], warnings=["It is large."]
    )
    code, out, err = orstt("models", "validate", "small")
    assert (code, err) == (5, "")
    assert out == "failed  model  no weights\nwarning: It is large.\nNo weights. Fetch them.\n"
    assert orstt("models", "validate", "small", "--json").code == 5


def test_validate_as_json_is_the_validation(orstt: Run, scripted: ScriptedBackend) -> None:
    assert msgspec.json.decode(orstt("models", "validate", "x", "--json").out, type=Validation) == scripted.validation


def test_validate_begins_with_the_configured_model_and_changes_what_is_given(
    orstt: Run, scripted: ScriptedBackend
) -> None:
    drafts = []

    async def validate_model(draft: ModelDraft) -> Validation:
        drafts.append(draft)
        return scripted.validation

    scripted.validate_model = validate_model
    scripted.rows[3] = msgspec.structs.replace(scripted.rows[3], model="owner/name", device="cuda")
    orstt("models", "validate", "small", "--compute-type", "float32")
    orstt("models", "validate", "unheard-of", "--type", "faster-whisper")
    assert (drafts[0].model, drafts[0].device, drafts[0].compute_type) == ("owner/name", "cuda", "float32")
    assert (drafts[1].weights, drafts[1].model_type) == ("unheard-of", "faster-whisper")


def test_types_shows_what_runs_here_and_what_would_make_the_rest_run(orstt: Run, scripted: ScriptedBackend) -> None:
    broken = whisper(
        model_type="vosk", title="Vosk", available=False, reason="vosk is missing", install="pip install x"
    )
    scripted.engine_list = EngineList(engines=[whisper(), broken, whisper(model_type="faster-whisper")])
    code, out, err = orstt("types")
    assert (code, err) == (0, "")
    _, good, bad = out.splitlines()
    # Two names of one engine are one line.
    assert good.split()[:5] == ["whisper,", "faster-whisper", "Faster", "Whisper", "yes"]
    assert "cpu: int8, int8_float32, float32" in good
    assert good.endswith("any language that its model knows")
    assert bad.endswith("no         vosk is missing -> pip install x")
    assert json.loads(orstt("types", "--json").out) == json.loads(msgspec.json.encode(scripted.engine_list))


def test_files_are_listed_verified_and_pruned(orstt: Run, scripted: ScriptedBackend) -> None:
    stored = StoredWeights(
        weights="base",
        weights_format="ctranslate2-whisper",
        kind="cache",
        size=145_000_000,
        files=[StoredFile(name="model.bin", size=145_000_000)],
        models=["base", "mine"],
    )
    scripted.stored = [stored]
    assert orstt("models", "list").out.splitlines()[2].split()[1:6] == ["2", "base", "whisper", "base", "145"]
    out = orstt("models", "files", "mine").out
    assert ["base", "cache", "145", "MB", "1", "base,", "mine"] in map(str.split, out.splitlines())
    assert out.splitlines()[-1].split() == ["model.bin", "145", "MB"]
    assert msgspec.json.decode(orstt("models", "files", "--json").out, type=list[StoredWeights]) == [stored]
    own, far = (msgspec.structs.replace(stored, kind=kind, size=0, weights_format="") for kind in ("unknown", "server"))
    scripted.stored = [own, far]
    out = orstt("models", "files").out
    assert [row.split()[1:4] for row in out.splitlines()[1:]] == [["its", "engine's", "1"], ["on", "a", "server"]]
    scripted.stored = [stored]
    wrong = VerifiedFile(name="model.bin", outcome="damaged", size=5)
    scripted.verifications = {"base": Verification(weights="base", files=[wrong], detail="It is not.", fix="Pull it.")}
    code, out, err = orstt("models", "verify")
    assert (code, err) == (5, "")
    assert out == "base: It is not. (1 file, 5 B)\n  damaged: model.bin\n  Pull it.\n"
    assert orstt("models", "prune") == (0, "There is nothing that no model needs.\n", "")
    scripted.leftovers = [Leftover(kind="download", name="models--a--b", size=5)]
    assert "5 B could be removed" in orstt("models", "prune").out
    assert orstt("models", "prune", "--yes").out.endswith("Removed 5 B.\n")
    assert scripted.leftovers == []


def test_a_model_is_exported_to_a_file_and_imported_from_it(
    orstt: Run, scripted: ScriptedBackend, tmp_path: Path
) -> None:
    file = tmp_path / "base.orstt"
    assert orstt("models", "export", "base", file) == (0, f"Exported base to {file}.\n", "")
    assert file.read_text() == "archive of base"
    assert orstt("models", "export", "nope", file).code == 3
    assert [path.name for path in tmp_path.iterdir()] == ["base.orstt"]
    assert orstt("models", "import", file, "--name", "ward") == (0, "Imported ward.\n", "")
    assert scripted.rows[6].name == "ward"
    assert orstt("models", "import", tmp_path / "none").code == 3
    assert orstt("models", "export", "base", tmp_path / "none/there").code == 3
