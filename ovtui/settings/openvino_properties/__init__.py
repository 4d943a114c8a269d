"""OpenVINO's properties: the catalogue of known ones, and what the devices report."""
