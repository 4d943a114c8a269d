"""Two settings compared in alternating blocks: the statistics, the verdict, and the trial of a session."""
