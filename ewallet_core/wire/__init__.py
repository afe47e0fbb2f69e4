"""What both ends of a connection have in common: frames, places, and a certificate's fingerprint."""
