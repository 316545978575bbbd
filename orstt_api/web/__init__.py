"""The terminal program as a page in the browser: whoever opens it gets a process of it, in a terminal of its own."""
