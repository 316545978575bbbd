"""The bare thing to compare with: faster-whisper as its own README uses it, with its VAD, or in batches."""

import sys

from faster_whisper import BatchedInferencePipeline, WhisperModel

model = WhisperModel(sys.argv[1], device="cpu", compute_type="int8")
if "--batches" in sys.argv:
    segments, _ = BatchedInferencePipeline(model).transcribe(sys.argv[2], language="en", batch_size=8)
else:
    segments, _ = model.transcribe(sys.argv[2], language="en", beam_size=5, vad_filter="--vad" in sys.argv)
print(" ".join(segment.text.strip() for segment in segments))
