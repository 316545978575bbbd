"""Experiments: two models on live work, until it is sure which one does better."""
