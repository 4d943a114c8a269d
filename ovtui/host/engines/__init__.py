"""Engine processes: their start and end, their output, AUTO's log."""
