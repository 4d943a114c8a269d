"""What runs on a box, by its own Python from 3.11 on: the text of these modules is sent there as one program, so that
they import nothing of ovtui but each other, and no name stands in two of them."""
