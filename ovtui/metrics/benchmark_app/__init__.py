"""The figures that benchmark_app tells of a run, by its definitions, from the records."""
