"""Many boxes: the same run, doctor or sweep on each, over SSH. Nothing of OpenVINO and of the screen is imported here."""
