"""The settings: each one, the file that keeps them, the keymap, and what applies them."""
