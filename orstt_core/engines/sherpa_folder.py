"""Which kind of model a folder for sherpa-onnx holds, told by its files, and how the library is asked to load it.

The names are those of the models that its project publishes; `*` stands for the model's own name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from orstt_core.errors import WeightsDamaged


class Kind(NamedTuple):
    """A kind of model.

    Attributes:
        loader: the library's `OfflineRecognizer.from_…`.
        graphs: file patterns by the loader's arguments; `{}` is empty, or `.int8`.
        named: what must be in the folder's name, where the files of several kinds have the same names.
        keywords: what else the loader is told.
        language: the loader's argument for the language; empty: it has none.
        step: seconds that a token is heard, where the library does not say; zero: it gives no times.
    """

    loader: str
    graphs: Mapping[str, tuple[str, ...]]
    named: tuple[str, ...] = ()
    keywords: Mapping[str, str | bool] = {}
    language: str = ""
    step: float = 0.0


_TRANSDUCER = {"encoder": ("*encoder*{}.onnx",), "decoder": ("*decoder*{}.onnx", "*decoder*.onnx")}
_JOINER = {**_TRANSDUCER, "joiner": ("*joiner*{}.onnx",)}
_MODEL = {"model": ("model*{}.onnx",)}

KINDS = (
    Kind(
        "moonshine",
        {
            "preprocessor": ("preprocess.onnx",),
            "encoder": ("encode{}.onnx",),
            "uncached_decoder": ("uncached_decode{}.onnx",),
            "cached_decoder": ("cached_decode{}.onnx",),
        },
    ),
    Kind("transducer", _JOINER, ("nemo", "parakeet"), {"model_type": "nemo_transducer"}, step=0.08),
    Kind("transducer", _JOINER, step=0.04),
    Kind("nemo_canary", _TRANSDUCER, ("canary",), language="src_lang"),
    Kind("whisper", _TRANSDUCER, language="language"),
    Kind("sense_voice", _MODEL, ("sense-voice", "sensevoice"), {"use_itn": True}, language="language", step=0.06),
    Kind("paraformer", {"paraformer": ("model*{}.onnx",)}, ("paraformer",), step=0.06),
    Kind("zipformer_ctc", _MODEL, ("zipformer",), step=0.04),
    Kind("nemo_ctc", _MODEL, step=0.08),
)
"""The first that fits counts. The steps: one frame of 10 ms for each that the model keeps, 4 (Zipformer), 6
(Paraformer, SenseVoice) or 8 (FastConformer)."""


class Recognised(NamedTuple):
    """The files of a model by the loader's arguments, and whether its weights are int8."""

    kind: Kind
    files: dict[str, str]
    int8: bool


def recognise(folder: Path, *, int8: bool) -> Recognised:
    """Return what a folder holds; of graphs of both number formats those of the wanted one.

    Raises:
        WeightsDamaged: it is none of the kinds.
    """
    tokens = next(iter(sorted(folder.glob("*tokens.txt"))), None)
    for wanted in (int8, not int8):
        for kind in KINDS:
            files = dict(_files(folder, kind, int8=wanted))
            if tokens and len(files) == len(kind.graphs) and _is_named(folder, kind):
                return Recognised(kind, {**files, "tokens": str(tokens)}, wanted)
    raise WeightsDamaged(
        "The folder holds no model that sherpa-onnx can be told to load.",
        hint="It must have the files, and the folder the name, under which its project publishes the model.",
    )


def _files(folder: Path, kind: Kind, *, int8: bool) -> Iterator[tuple[str, str]]:
    for argument, patterns in kind.graphs.items():
        found = [path for pattern in patterns for path in _matching(folder, pattern, int8=int8)]
        if found:
            yield argument, str(found[0])


def _matching(folder: Path, pattern: str, *, int8: bool) -> list[Path]:
    matching = folder.glob(pattern.format(".int8" if int8 else ""))
    return sorted(path for path in matching if int8 or ".int8." not in path.name)


def _is_named(folder: Path, kind: Kind) -> bool:
    name = str(folder).lower()  # the hub's cache has it in a folder above
    return not kind.named or any(part in name for part in kind.named)
