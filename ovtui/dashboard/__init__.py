"""The live screen: the only package that imports textual and plotext. It pulls snapshots; nothing waits for it."""
