"""The dashboard: the only package that imports textual and plotext. It polls its source; nothing waits for it."""
