"""Every error that an instruction can be answered with: a stable code, two sentences and details."""
