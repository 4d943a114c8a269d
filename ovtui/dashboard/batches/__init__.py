"""View 3: submissions above, completions below, a line for each request."""
