"""The ring of records in shared memory: one writer, any number of readers."""
