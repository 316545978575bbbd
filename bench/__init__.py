"""The performance table: what OR-STT costs beside the bare thing, as ratios from one run on one machine."""
