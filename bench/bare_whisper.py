"""The bare thing to compare with: faster-whisper as its own README uses it, VAD as ours uses it or not."""

import sys

from faster_whisper import WhisperModel

model = WhisperModel(sys.argv[1], device="cpu", compute_type="int8")
segments, _ = model.transcribe(sys.argv[2], language="en", beam_size=5, vad_filter="--vad" in sys.argv)
print(" ".join(segment.text.strip() for segment in segments))
