"""What the programme did, held against units that had not started."""
