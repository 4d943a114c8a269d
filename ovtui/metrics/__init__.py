"""What the records say: windows, percentiles, batches, devices, segments. Pure numpy over records and events."""
