"""Base as ONNX graphs: the same weights, computed as Whisper's model.py does, in the two forms that engines read.

One is that of Hugging Face's Optimum (`encoder_model.onnx`, `decoder_model_merged.onnx`), the other sherpa-onnx's
(scripts/whisper/export-onnx.py there). Both decoders are given the keys and values of the tokens before.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from engines.whisper_tensors import HEAD_SIZE, dimensions, whisper_tensors
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from orstt_core.engines.token_logprobs import _byte_of
from orstt_core.engines.whisper_languages import WHISPER_LANGUAGES

OPSET = 20
"""The first with Gelu."""
SPECIAL = 50257
"""The first token that is no text: the vocabulary of GPT-2 ends before it."""
LANGUAGES = WHISPER_LANGUAGES[:99]
KINDS = {"id": TensorProto.INT64, "float": TensorProto.FLOAT, "bool": TensorProto.BOOL}


class Graph:
    """A graph that is written as the formulas of a model are: each call adds a node, and returns its output's name."""

    def __init__(self, tensors: dict[str, NDArray[np.float16]]) -> None:
        self.tensors = tensors
        self.nodes: list[Any] = []
        self.numbers = count()
        self.constants: dict[str, Any] = {}

    def __call__(self, operator: str, *inputs: str, **attributes: Any) -> str:
        output = attributes.pop("output", f"{operator}_{next(self.numbers)}")
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return str(output)

    def constant(self, value: Any, kind: type = np.int64) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants[name] = numpy_helper.from_array(np.asarray(value, kind), name)
        return name

    def weight(self, name: str, *, transposed: bool = False) -> str:
        own = f"{name}.T" if transposed else name
        if own not in self.constants:
            value = self.tensors[name].astype(np.float32)
            self.constants[own] = numpy_helper.from_array(np.ascontiguousarray(value.T if transposed else value), own)
        return own

    def linear(self, name: str, value: str) -> str:
        product = self("MatMul", value, self.weight(f"{name}.weight", transposed=True))
        return self("Add", product, self.weight(f"{name}.bias")) if f"{name}.bias" in self.tensors else product

    def norm(self, name: str, value: str) -> str:
        return self("LayerNormalization", value, self.weight(f"{name}.weight"), self.weight(f"{name}.bias"), axis=-1)

    def heads(self, value: str) -> str:
        """Part the last axis: batch, time, width -> batch, heads, time, width of a head."""
        return self("Transpose", self("Reshape", value, self.constant([0, 0, -1, HEAD_SIZE])), perm=[0, 2, 1, 3])

    def attention(self, name: str, value: str, keys: str, values: str, mask: str = "") -> str:
        """Attend to keys and values that are parted by heads."""
        queries = self.heads(self.linear(f"{name}.query", value))
        scores = self("MatMul", queries, self("Transpose", keys, perm=[0, 1, 3, 2]))
        scores = self("Mul", scores, self.constant(HEAD_SIZE**-0.5, np.float32))
        weights = self("Softmax", self("Add", scores, mask) if mask else scores, axis=-1)
        found = self("Transpose", self("MatMul", weights, values), perm=[0, 2, 1, 3])
        return self.linear(f"{name}.out", self("Reshape", found, self.constant([0, 0, -1])))

    def choose(self, condition: str, value: str, compute: Callable[[], str], output: str) -> None:
        """Give a value where the condition holds, and otherwise compute it."""
        outer, branches = self.nodes, []
        for branch in (partial(str, value), compute):
            self.nodes = []
            found = self("Identity", branch())
            given = helper.make_tensor_value_info(found, TensorProto.FLOAT, None)
            branches.append(helper.make_graph(self.nodes, "branch", [], [given]))
        self.nodes = outer
        self("If", condition, then_branch=branches[0], else_branch=branches[1], output=output)

    def perceptron(self, block: str, value: str) -> str:
        inner = self("Gelu", self.linear(f"{block}.mlp.0", self.norm(f"{block}.mlp_ln", value)))
        return self("Add", value, self.linear(f"{block}.mlp.2", inner))

    def slice(self, value: str, start: str, end: str, axis: int) -> str:
        return self("Slice", value, start, end, self.constant([axis]))

    def length(self, value: str, axis: int) -> str:
        return self("Shape", value, start=axis, end=axis + 1)

    def save(self, path: Path, inputs: dict[str, Any], outputs: list[str], metadata: dict[str, Any]) -> None:
        taken = [helper.make_tensor_value_info(name, KINDS[kind], shape) for name, (kind, shape) in inputs.items()]
        given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
        graph = helper.make_graph(self.nodes, "whisper", taken, given, list(self.constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
        helper.set_model_props(model, {name: str(value) for name, value in metadata.items()})
        onnx.save(model, path)


def write_optimum(folder: Path, base: Path) -> None:
    """Write the folder that onnx-asr and others read."""
    folder.mkdir()
    tensors = whisper_tensors(base)
    sizes = dimensions(tensors)
    graph = Graph(tensors)
    _encoder(graph, sizes, "input_features", "last_hidden_state")
    mel = ("float", ["batch", sizes["n_mels"], "frames"])
    graph.save(folder / "encoder_model.onnx", {"input_features": mel}, ["last_hidden_state"], {})
    graph = Graph(tensors)
    cached = _merged_decoder(graph, sizes)
    taken = {
        "input_ids": ("id", ["batch", "tokens"]),
        "encoder_hidden_states": ("float", ["batch", "positions", sizes["n_audio_state"]]),
    }
    shape = ["cached_batch", sizes["n_text_state"] // HEAD_SIZE, "cached_time", HEAD_SIZE]
    taken |= {f"past_key_values.{name}": ("float", shape) for name in cached}
    taken["use_cache_branch"] = ("bool", [1])
    given = ["logits", *(f"present.{name}" for name in cached)]
    graph.save(folder / "decoder_model_merged.onnx", taken, given, {})
    vocabulary = json.loads((base / "tokenizer.json").read_text())
    tokens = vocabulary["model"]["vocab"]
    added = {token["content"]: token["id"] for token in vocabulary["added_tokens"]}
    (folder / "vocab.json").write_text(json.dumps(tokens))
    (folder / "added_tokens.json").write_text(json.dumps(added))
    (folder / "config.json").write_text(json.dumps({"model_type": "whisper", "num_mel_bins": sizes["n_mels"]}))


def write_sherpa(folder: Path, base: Path) -> None:
    """Write the folder that sherpa-onnx reads, with the weights as float32 and as int8."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    folder.mkdir()
    tensors = whisper_tensors(base)
    sizes = dimensions(tensors)
    state, layers = sizes["n_text_state"], sizes["n_text_layer"]
    graph = Graph(tensors)
    hidden = _encoder(graph, sizes, "mel", "hidden")
    for kind in ("key", "value"):
        each = [graph.linear(f"decoder.blocks.{layer}.cross_attn.{kind}", hidden) for layer in range(layers)]
        _stacked(graph, each, f"n_layer_cross_{kind[0]}")
    crossed = ["n_layer_cross_k", "n_layer_cross_v"]
    mel = ("float", ["batch", sizes["n_mels"], "frames"])
    graph.save(folder / "base-encoder.onnx", {"mel": mel}, crossed, _metadata(sizes))
    graph = Graph(tensors)
    _caching_decoder(graph, sizes)
    cache = ("float", [layers, "batch", sizes["n_text_ctx"], state])
    cross = ("float", [layers, "batch", "positions", state])
    taken = {
        "tokens": ("id", ["batch", "tokens"]),
        "in_n_layer_self_k_cache": cache,
        "in_n_layer_self_v_cache": cache,
        "n_layer_cross_k": cross,
        "n_layer_cross_v": cross,
        "offset": ("id", [1]),
    }
    given = ["logits", "out_n_layer_self_k_cache", "out_n_layer_self_v_cache"]
    graph.save(folder / "base-decoder.onnx", taken, given, {})
    for half in ("encoder", "decoder"):
        quantize_dynamic(
            folder / f"base-{half}.onnx",
            folder / f"base-{half}.int8.onnx",
            op_types_to_quantize=["MatMul"],
            weight_type=QuantType.QInt8,
        )
    tokens = json.loads((base / "tokenizer.json").read_text())["model"]["vocab"]
    lines = (f"{_base64(token)} {number}\n" for token, number in tokens.items() if number < SPECIAL)
    (folder / "base-tokens.txt").write_text("".join(lines))


def _encoder(graph: Graph, sizes: dict[str, int], mel: str, output: str) -> str:
    sound = mel
    for number, stride in ((1, 1), (2, 2)):
        weights = (graph.weight(f"encoder.conv{number}.{part}") for part in ("weight", "bias"))
        sound = graph("Gelu", graph("Conv", sound, *weights, pads=[1, 1], strides=[stride]))
    value = graph("Transpose", sound, perm=[0, 2, 1])
    places = graph.weight("encoder.positional_embedding")
    value = graph("Add", value, graph.slice(places, graph.constant([0]), graph.length(value, 1), 0))
    for layer in range(sizes["n_audio_layer"]):
        block = f"encoder.blocks.{layer}"
        normal = graph.norm(f"{block}.attn_ln", value)
        keys, values = (graph.heads(graph.linear(f"{block}.attn.{kind}", normal)) for kind in ("key", "value"))
        value = graph("Add", value, graph.attention(f"{block}.attn", normal, keys, values))
        value = graph.perceptron(block, value)
    return graph("Identity", graph.norm("encoder.ln_post", value), output=output)


def _merged_decoder(graph: Graph, sizes: dict[str, int]) -> list[str]:
    """Write the decoder that is given keys and values from before, at first of no batch and no time; return theirs."""
    batch, names = graph.length("input_ids", 0), []
    start = graph.length("past_key_values.0.decoder.key", 2)
    end = graph("Add", start, graph.length("input_ids", 1))
    value, mask = _embedded(graph, sizes, "input_ids", start, end)
    rest = graph.constant([sizes["n_text_state"] // HEAD_SIZE, 0, HEAD_SIZE])  # 0: as long as it is
    whole = graph("Concat", batch, rest, axis=0)
    for layer in range(sizes["n_text_layer"]):
        block, own, heard = f"decoder.blocks.{layer}", [], []
        normal = graph.norm(f"{block}.attn_ln", value)
        for kind in ("key", "value"):
            name = f"{layer}.decoder.{kind}"
            before = graph("Reshape", f"past_key_values.{name}", whole)
            new = graph.heads(graph.linear(f"{block}.attn.{kind}", normal))
            own.append(graph("Concat", before, new, axis=2, output=f"present.{name}"))
            names.append(name)
        for kind in ("key", "value"):
            name = f"{layer}.encoder.{kind}"
            compute = partial(_crossed, graph, f"{block}.cross_attn.{kind}")
            graph.choose("use_cache_branch", f"past_key_values.{name}", compute, f"present.{name}")
            heard.append(f"present.{name}")
            names.append(name)
        value = graph("Add", value, graph.attention(f"{block}.attn", normal, own[0], own[1], mask))
        crossed = graph.attention(f"{block}.cross_attn", graph.norm(f"{block}.cross_attn_ln", value), *heard)
        value = graph.perceptron(block, graph("Add", value, crossed))
    last = graph.slice(value, graph.constant([-1]), graph.constant([2**31]), 1)  # nobody asks for the others
    _logits(graph, last)
    return names


def _crossed(graph: Graph, name: str) -> str:
    return graph.heads(graph.linear(name, "encoder_hidden_states"))


def _caching_decoder(graph: Graph, sizes: dict[str, int]) -> None:
    start, whole = "offset", graph.constant([sizes["n_text_ctx"]])
    end = graph("Add", start, graph.length("tokens", 1))
    value, mask = _embedded(graph, sizes, "tokens", start, end)
    caches: dict[str, list[str]] = {"k": [], "v": []}
    for layer in range(sizes["n_text_layer"]):
        block, own, heard = f"decoder.blocks.{layer}", [], []
        normal = graph.norm(f"{block}.attn_ln", value)
        for kind in ("key", "value"):
            cache = graph("Gather", f"in_n_layer_self_{kind[0]}_cache", graph.constant(layer), axis=0)
            before = graph.slice(cache, graph.constant([0]), start, 1)
            own.append(graph("Concat", before, graph.linear(f"{block}.attn.{kind}", normal), axis=1))
            caches[kind[0]].append(graph("Concat", own[-1], graph.slice(cache, end, whole, 1), axis=1))
            cross = graph("Gather", f"n_layer_cross_{kind[0]}", graph.constant(layer), axis=0)
            heard.append(graph.heads(cross))
        keys, values = map(graph.heads, own)
        value = graph("Add", value, graph.attention(f"{block}.attn", normal, keys, values, mask))
        crossed = graph.attention(f"{block}.cross_attn", graph.norm(f"{block}.cross_attn_ln", value), *heard)
        value = graph.perceptron(block, graph("Add", value, crossed))
    _logits(graph, value)
    for kind, each in caches.items():
        _stacked(graph, each, f"out_n_layer_self_{kind}_cache")


def _embedded(graph: Graph, sizes: dict[str, int], tokens: str, start: str, end: str) -> tuple[str, str]:
    """Return tokens as vectors, and the mask by which none sees those behind it."""
    vectors = graph("Gather", graph.weight("decoder.token_embedding.weight"), tokens)
    places = graph.slice(graph.weight("decoder.positional_embedding"), start, end, 0)
    causal = graph.constant(np.triu(np.full((sizes["n_text_ctx"],) * 2, -1e9), 1), np.float32)
    mask = graph.slice(graph.slice(causal, start, end, 0), graph.constant([0]), end, 1)
    return graph("Add", vectors, places), mask


def _logits(graph: Graph, value: str) -> None:
    embedding = graph("Transpose", graph.weight("decoder.token_embedding.weight"), perm=[1, 0])
    graph("MatMul", graph.norm("decoder.ln", value), embedding, output="logits")


def _stacked(graph: Graph, each: list[str], output: str) -> None:
    first = graph.constant([0])
    graph("Concat", *(graph("Unsqueeze", one, first) for one in each), axis=0, output=output)


def _metadata(sizes: dict[str, int]) -> dict[str, Any]:
    """What sherpa-onnx reads from the encoder (offline-whisper-model.cc), with the numbers of the tokens of base."""
    tokens = range(SPECIAL + 2, SPECIAL + 2 + len(LANGUAGES))
    return {
        **sizes,
        "model_type": "whisper-base",
        "sot_sequence": "50258,50259,50359",
        "all_language_tokens": ",".join(map(str, tokens)),
        "all_language_codes": ",".join(LANGUAGES),
        "sot": 50258,
        "eot": 50257,
        "blank_id": 220,
        "is_multilingual": 1,
        "no_speech": 50362,
        "transcribe": 50359,
        "translate": 50358,
        "no_timestamps": 50363,
    }


def _base64(token: str) -> str:
    return base64.b64encode(bytes(_byte_of()[letter] for letter in token)).decode()
