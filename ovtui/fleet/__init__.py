"""Many boxes: the same run, doctor or sweep on each, over SSH. No OpenVINO and no screen is imported here."""
