"""A recorded session as a page for a ticket: Markdown, and one HTML file with its plots in it."""
