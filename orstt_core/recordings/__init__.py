"""What was handed in to be transcribed: stored once for the same sound, and as long as a job refers to it."""
