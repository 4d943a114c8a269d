"""Thin commands: parse, call, print. Each imports what it needs when it runs."""
