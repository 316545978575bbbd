"""What `orstt doctor` finds, by subject; `orstt_core.doctor` puts it in order."""
