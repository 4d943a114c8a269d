"""View 5: start, handovers and events of the devices."""
