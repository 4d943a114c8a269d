"""The page of the doctor: which devices of this machine work, and what to type where one does not."""
