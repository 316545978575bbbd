"""One file a migration, run in the order of their names. A file's name is its migration's id."""
