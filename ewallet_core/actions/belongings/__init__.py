"""What belongs to an account: wallets, clocks, sheets and lists, their records, and contacts."""
