"""The console's text: how it shows exchanges and reads typed instructions."""
