"""What can be asked: the fields, the envelope and the catalogue of instructions."""
