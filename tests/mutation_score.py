"""Print how many mutants the tests have killed; exits with 1 below the score that is kept.

`make mutants` runs it; it reads what `mutmut export-cicd-stats` has written.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

FIGURES = Path(__file__).parent.parent / "mutants" / "mutmut-cicd-stats.json"
LEAST_PERCENT = 85


def main() -> int:
    figures = json.loads(FIGURES.read_text())
    # One that never ends is noticed too.
    killed = figures["killed"] + figures["timeout"]
    percent = 100 * killed / figures["total"]
    sys.stdout.write(f"{killed} of {figures['total']} mutants were killed: {percent:.1f} %\n")
    return 0 if percent >= LEAST_PERCENT else 1


if __name__ == "__main__":
    sys.exit(main())
