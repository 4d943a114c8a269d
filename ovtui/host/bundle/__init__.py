"""What belongs to a ticket, in one file: gathered, freed of names, packed."""
