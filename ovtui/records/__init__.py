"""What is measured: the record of one request, the ring it is written to, events, and the wire between processes."""
