"""What is measured of transcripts: how they differ from each other, and from what was said."""
