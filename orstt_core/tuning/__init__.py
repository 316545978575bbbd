"""The fastest setting of a model on this machine: what is tried, measured, kept and put back."""
