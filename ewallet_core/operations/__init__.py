"""What several handlers share: timers, movements of credits, records, credentials."""
