"""A NeMo-CTC graph of a few KB that hears how loud it is: `do` where the sound is loud, nothing where it is quiet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

MELS, FACTOR = 80, 8
TOKENS = ("▁do", "n", "<blk>")


def write_ctc(folder: Path, tokens_file: str = "vocab.txt") -> None:
    """Write model.onnx (audio_signal and length -> logprobs), the tokens and config.json."""
    folder.mkdir()
    constants = {
        "pool": np.full((1, MELS, FACTOR), 1 / (MELS * FACTOR), np.float32),
        "gain": np.array([[[200.0, -1e3, -200.0]]], np.float32),
        "bias": np.array([[[0.0, -1e3, 0.0]]], np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["audio_signal", "pool"], ["level"], strides=[FACTOR], pads=[0, FACTOR - 1]),
        helper.make_node("Transpose", ["level"], ["levels"], perm=[0, 2, 1]),
        helper.make_node("Mul", ["levels", "gain"], ["scaled"]),
        helper.make_node("Add", ["scaled", "bias"], ["scores"]),
        helper.make_node("LogSoftmax", ["scores"], ["logprobs"], axis=-1),
    ]
    taken = [_info("audio_signal", ["b", MELS, "t"]), helper.make_tensor_value_info("length", TensorProto.INT64, ["b"])]
    given = [_info("logprobs", ["b", "s", len(TOKENS)])]
    graph = helper.make_graph(nodes, "ctc", taken, given, [_constant(*each) for each in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    # What sherpa-onnx reads from the graph itself.
    facts = {"vocab_size": len(TOKENS) - 1, "subsampling_factor": FACTOR, "normalize_type": "per_feature"}
    helper.set_model_props(model, {name: str(value) for name, value in facts.items()} | {"model_type": "nemo_ctc"})
    onnx.save(model, folder / "model.onnx")
    (folder / tokens_file).write_text("".join(f"{token} {number}\n" for number, token in enumerate(TOKENS)))
    config = {"model_type": "nemo-conformer-ctc", "features_size": MELS, "subsampling_factor": FACTOR}
    (folder / "config.json").write_text(json.dumps(config))


def beeps() -> NDArray[np.float32]:
    """Two noises, at 0.5 to 1.0 and 2.0 to 2.5 s of 3 s."""
    sound = np.random.default_rng(3).normal(0, 1e-4, 48_000).astype(np.float32)
    for start in (8_000, 32_000):
        sound[start : start + 8_000] *= 3_000
    return sound


def _info(name: str, shape: list[Any]) -> Any:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _constant(name: str, value: NDArray[np.float32]) -> Any:
    return numpy_helper.from_array(value, name)
