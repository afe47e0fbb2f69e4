"""Invoices as clean pages, to be kept, printed or sent: one alone or a month of them, as text or as HTML."""
