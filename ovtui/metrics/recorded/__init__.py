"""Two recordings compared, which were not interleaved: their loads, intervals, differences, words."""
