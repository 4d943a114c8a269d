"""The highest rate of an open loop that holds its limits: the search, and the judgement of each of its probes."""
