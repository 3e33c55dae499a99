"""The commit that a site was built from, for the footer of its pages."""

import os
import subprocess
from pathlib import Path

LENGTH = 10  # of the hash's forty digits


def commit_of(project: Path) -> str:
    """The commit of a checkout, or ``MSE_NLL_COMMIT`` where a service builds an export; else empty."""
    given = os.environ.get("MSE_NLL_COMMIT", "")
    if given or not (project / ".git").exists():
        return given[:LENGTH]
    try:
        asked = ["git", "-C", str(project), "rev-parse", "--verify", "HEAD"]
        answer = subprocess.run(asked, capture_output=True, text=True, check=False)
    except OSError:  # no git
        return ""
    return answer.stdout.strip()[:LENGTH] if answer.returncode == 0 else ""
