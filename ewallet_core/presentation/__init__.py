"""What the app and the commands both show: periods, formatted values, invoices, tables."""
