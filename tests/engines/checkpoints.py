"""Base as a checkpoint of openai-whisper: the same weights in half precision, as OpenAI publishes them."""

from __future__ import annotations

from pathlib import Path

from engines.whisper_tensors import dimensions, whisper_tensors


def write_checkpoint(path: Path, folder: Path) -> None:
    """Write the model of a folder in CTranslate2's form as OpenAI's checkpoints are written."""
    import torch

    tensors = whisper_tensors(folder)
    state = {name: torch.from_numpy(tensor.copy()) for name, tensor in tensors.items()}
    torch.save({"dims": dimensions(tensors), "model_state_dict": state}, path)
