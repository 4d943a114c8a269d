"""The limits of --slo, held against the segment in force."""
