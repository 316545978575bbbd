"""What is measured: what transcriptions took, how transcripts differ from each other, and from what was said."""
