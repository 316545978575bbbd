"""Whisper's weights as plain arrays by OpenAI's names, read from CTranslate2's form: what tests convert for others.

The names are those of `state_dict` in openai/whisper's model.py, which every other form of these weights is made from.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orstt_core.engines import int8_weights as ct2
from orstt_core.weights import obtain

Tensor = NDArray[np.float16]

HEAD_SIZE = 64
"""Width of an attention head in every Whisper model."""
PARTS = {
    "self_attention/layer_norm": "attn_ln",
    "self_attention/linear_1": "attn.out",
    "attention/layer_norm": "cross_attn_ln",
    "attention/linear_0": "cross_attn.query",
    "attention/linear_2": "cross_attn.out",
    "ffn/layer_norm": "mlp_ln",
    "ffn/linear_0": "mlp.0",
    "ffn/linear_1": "mlp.2",
}
"""What the parts of a layer are called in CTranslate2, and by OpenAI."""
STACKED = {
    "self_attention/linear_0": ("attn.query", "attn.key", "attn.value"),
    "attention/linear_1": ("cross_attn.key", "cross_attn.value"),
}
"""Those that CTranslate2 keeps as one, row below row."""
OTHERS = {
    "encoder/layer_norm": "encoder.ln_post",
    "decoder/layer_norm": "decoder.ln",
    "decoder/embeddings": "decoder.token_embedding",
    "encoder/conv1": "encoder.conv1",
    "encoder/conv2": "encoder.conv2",
}
KINDS = {"weight": "weight", "bias": "bias", "gamma": "weight", "beta": "bias"}


def whisper_folder(cache_dir: Path, model: str) -> Path:
    """The folder with the real weights of a model: config.json, model.bin, tokenizer.json, vocabulary.txt."""
    return obtain("ctranslate2-whisper", model, cache_dir=cache_dir, allow_download=False)


def whisper_tensors(folder: Path) -> dict[str, Tensor]:
    """Every tensor of a model in CTranslate2's form, as float16, by OpenAI's name: 245 of base.

    Both tables of positions are among them; the decoder's last layer is `decoder.token_embedding.weight` once more, as
    OpenAI has it.
    """
    return {name: tensor for stored, value in _variables(folder) for name, tensor in _named(stored, value)}


def dimensions(tensors: dict[str, Tensor]) -> dict[str, int]:
    """The `ModelDimensions` of openai/whisper."""
    state, mels, _ = tensors["encoder.conv1.weight"].shape
    vocabulary, _ = tensors["decoder.token_embedding.weight"].shape
    both = {f"n_{part}_{what}": value for part in ("audio", "text") for what, value in _sizes(state).items()}
    contexts = {"audio": "encoder", "text": "decoder"}
    for part, half in contexts.items():
        both[f"n_{part}_ctx"] = len(tensors[f"{half}.positional_embedding"])
        both[f"n_{part}_layer"] = sum(name.startswith(f"{half}.") and name.endswith(".mlp_ln.bias") for name in tensors)
    return {"n_mels": mels, "n_vocab": vocabulary, **both}


def _sizes(state: int) -> dict[str, int]:
    return {"state": state, "head": state // HEAD_SIZE}


def _variables(folder: Path) -> Iterator[tuple[str, Tensor]]:
    """Yield those that hold floats: `decoder/layer_0/ffn/linear_0/weight` and its values."""
    with (folder / ct2.FILE).open("rb") as source:
        assert ct2._unpack(source, "I") == (ct2.VERSION,)
        ct2._string(source)
        _, count = ct2._unpack(source, "II")
        for _ in range(count):
            variable = ct2._variable(source)
            data = source.read(variable.size)
            if variable.shape:
                assert variable.kind == ct2.FLOAT16, variable
                yield variable.name[:-1].decode(), np.frombuffer(data, np.float16).reshape(variable.shape)


def _named(stored: str, value: Tensor) -> Iterator[tuple[str, Tensor]]:
    half, _, rest = stored.partition("/")
    if rest == "position_encodings/encodings":
        yield f"{half}.positional_embedding", value
        return
    place, _, kind = stored.rpartition("/")
    if place in OTHERS:
        yield f"{OTHERS[place]}.{KINDS[kind]}", value
        return
    layer, _, part = place.removeprefix(f"{half}/layer_").partition("/")
    prefix = f"{half}.blocks.{layer}"
    if part in PARTS:
        yield f"{prefix}.{PARTS[part]}.{KINDS[kind]}", value
        return
    for name, rows in zip(STACKED[part], np.split(value, len(STACKED[part])), strict=True):
        if not (kind == "bias" and name.endswith(".key")):  # it is zero, and OpenAI has none
            yield f"{prefix}.{name}.{kind}", rows
