"""Webhooks: a signed notice to whoever asked for one when a job has ended, or a model does worse than before."""
