"""OpenVINO's properties: what is known of each, and what the devices report."""
