"""The form of instructions: fields, envelope, registry and reference."""
