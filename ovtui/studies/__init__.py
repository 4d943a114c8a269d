"""Long work over a session: the process that the host starts for a study, and what each kind of study does."""
