"""The commit that a page was built from, beside its version in the footer.

It is the checkout's, or ``MSE_NLL_COMMIT`` where a service builds an export without one. A new commit
makes Sphinx write the pages again, which takes seconds; it runs none of them.
"""

import os
import subprocess
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

LENGTH = 10  # of the hash's forty digits


def commit_of(folder: Path) -> str:
    """The commit of the checkout that ``folder`` is the ``docs`` of; empty when there is none."""
    given = os.environ.get("MSE_NLL_COMMIT", "")
    if given or not (folder.parent / ".git").exists():
        return given[:LENGTH]
    try:
        asked = ["git", "-C", str(folder), "rev-parse", "--verify", "HEAD"]
        answer = subprocess.run(asked, capture_output=True, text=True, check=False)
    except OSError:  # no git
        return ""
    return answer.stdout.strip()[:LENGTH] if answer.returncode == 0 else ""


def name_commit(app: Sphinx, config: Config) -> None:
    """Tell the templates."""
    config.html_context["commit"] = commit_of(Path(app.srcdir))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hook."""
    app.connect("config-inited", name_commit)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
