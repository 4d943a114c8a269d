"""What AUTO does: which device serves, how it starts, and what a change of device costs requests."""
