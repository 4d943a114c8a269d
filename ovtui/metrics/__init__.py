"""What the records say: percentiles, batches, devices, segments. Pure numpy over records and events."""
