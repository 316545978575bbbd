"""`orstt experiments`: a second model tried on live work."""
