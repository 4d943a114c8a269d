"""The page with OpenVINO's whole reasons."""
