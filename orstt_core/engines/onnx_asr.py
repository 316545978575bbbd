"""OnnxAsrSTT: Parakeet, Canary, GigaAM and others as ONNX graphs, by the onnx-asr library.

Invariant: this module opens no network connection. The library gets a folder that `orstt_core.weights` has found, and
which of its kinds of models that is, never a name that it would look up itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from orstt_core.engines.cancellation import current
from orstt_core.engines.local import ThreadedSTT
from orstt_core.engines.onnx_models import no_times, onnx_languages, unloadable
from orstt_core.engines.spelled_words import token_words
from orstt_core.errors import WeightsDamaged
from orstt_core.types import Loading, Segment, TranscribeOptions
from orstt_core.weights.formats import format_called

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KINDS = {
    "gigaam-v2-ctc": "v2_ctc*.onnx",
    "gigaam-v2-rnnt": "v2_rnnt_encoder*.onnx",
    "gigaam-v3-ctc": "v3_ctc*.onnx",
    "gigaam-v3-rnnt": "v3_rnnt_encoder*.onnx",
    "gigaam-v3-e2e-ctc": "v3_e2e_ctc*.onnx",
    "gigaam-v3-e2e-rnnt": "v3_e2e_rnnt_encoder*.onnx",
    "gigaam-multilingual-ctc": "multilingual_ctc*.onnx",
    "gigaam-multilingual-large-ctc": "multilingual_large_ctc*.onnx",
    "nemo-conformer-aed": "decoder-model*.onnx",
    "nemo-conformer-ctc": "model*.onnx",
    "kaldi-rnnt": "*/joiner*.onnx",
    "whisper-ort": "whisper-*_beamsearch*.onnx",
    "whisper": "**/decoder_model_merged*.onnx",
}
"""The library's kinds of models that a folder's files tell, for folders whose `config.json` names none."""
GRAPHS = ("*.onnx", "*/*.onnx")
INT8 = ("*[._]int8.onnx", "*/*[._]int8.onnx")
FRAME = 0.01
"""Seconds between two frames of features (`window_step` in the library's asr.py)."""


class OnnxAsrSTT(ThreadedSTT):
    """Models of several makers as ONNX graphs; see `BaseSTT` for the arguments.

    Of a folder with graphs in both number formats the compute type takes one; else it becomes that of the graphs.
    """

    title = "ONNX ASR"
    requires: ClassVar = {"onnx_asr": "'orstt[onnx-asr]'", "onnxruntime": "onnxruntime"}
    capabilities: ClassVar = frozenset({"segments", "words", "vad"})
    weights_format = "onnx-asr"

    @classmethod
    def devices(cls) -> dict[str, list[str]]:
        """Return what ONNX Runtime was built for, `cuda` only where its GPU edition is installed."""
        import onnxruntime

        kinds = ["int8", "float32"]
        cuda = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
        return {"cpu": kinds, "cuda": kinds} if cuda else {"cpu": kinds}

    @classmethod
    def languages(cls, model_name: str) -> tuple[str, ...]:
        """Return the codes of the languages that a model is published for; empty: not known."""
        return onnx_languages(model_name)

    def decode(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        """Yield what is said in one window, with the words' times where the model tells those of its tokens.

        Canary and Whisper are told the language; the others find it out, or know one only.

        Raises:
            OptionUnsupported: word times are asked of a model that gives none, such as Whisper or Canary.
        """
        model = self.loaded_model()
        current().check()
        found = model.recognize(samples, language=options.language)
        if not found.text.strip():
            return
        words = None
        if options.word_timestamps:
            if found.timestamps is None:
                raise no_times(self.shown_name)
            tokens, starts = found.tokens or [], found.timestamps
            step = FRAME * model.asr._subsampling_factor  # noqa: SLF001 - public nowhere, and every model has another
            words = token_words(found.text, tokens, starts, [step] * len(tokens))
        yield Segment(id=0, start=None, end=None, text=found.text.strip(), words=words, language=options.language)

    def open_model(self, progress: Callable[[Loading], None] | None) -> Any:
        """Load the graphs.

        Raises:
            WeightsError: they are not there, or none that the library knows.
        """
        import onnx_asr
        import onnxruntime

        folder = self.weights_folder(progress)
        session = onnxruntime.SessionOptions()
        session.intra_op_num_threads = self.threads
        session.log_severity_level = 4  # only what ends the process: its warnings would be drawn over a terminal
        self.compute_type = self._stored_type(folder)
        providers = ["CUDAExecutionProvider"] if self.device == "cuda" else []
        kind = model_kind(folder, self.model_name)
        try:
            return onnx_asr.load_model(
                kind,
                folder,
                quantization="int8" if self.compute_type == "int8" else None,
                sess_options=session,
                providers=[*providers, "CPUExecutionProvider"],
            ).with_timestamps()
        except Exception as error:  # the library raises its own, and ONNX Runtime many that share no other class
            raise unloadable(self.shown_name, kind, error) from error

    def _stored_type(self, folder: Path) -> str:
        """Return the compute type that the graphs have: of two in a folder the wanted one, else what the name says."""
        graphs = {path for pattern in GRAPHS for path in folder.glob(pattern)}
        int8 = {path for pattern in INT8 for path in folder.glob(pattern)}
        if self.model_name in format_called(self.weights_format).models:
            return "int8" if self.model_name.endswith("-int8") else "float32"
        if int8 and int8 != graphs:
            return self.compute_type
        return "int8" if int8 else "float32"


def model_kind(folder: Path, model_name: str) -> str:
    """Return what the library calls a model that has a name, or its kind: as `config.json` or the files tell.

    Raises:
        WeightsDamaged: neither does.
    """
    if model_name in format_called(OnnxAsrSTT.weights_format).models:
        return model_name.removesuffix("-int8")
    kinds = [*KINDS, "nemo-conformer-rnnt", "nemo-conformer-tdt", "t-one-ctc", "vosk"]
    said = _config(folder).get("model_type")
    found = [kind for kind, pattern in KINDS.items() if kind == said or next(folder.glob(pattern), None)]
    if said in kinds or found:
        return said if said in kinds else found[0]
    raise WeightsDamaged(
        f"It cannot be told what kind of model {model_name} is.",
        hint=f"Its config.json names one as model_type: {', '.join(kinds)}.",
    )


def _config(folder: Path) -> dict[str, Any]:
    try:
        read = json.loads((folder / "config.json").read_text())
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}
