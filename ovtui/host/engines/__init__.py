"""Engine processes: start and end, output, AUTO's log."""
