"""Look into the built wheel and sdist: python tests/check_package.py (the session `package` does)."""

import sys
import tarfile
import zipfile
from pathlib import Path

DIST = Path(__file__).parents[1] / "dist"


def main() -> int:
    """Return 1 if the wheel holds more than the package, or the sdist less than the project."""
    (wheel,), (sdist,) = DIST.glob("*.whl"), DIST.glob("*.tar.gz")
    version = wheel.name.split("-")[1]
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = {name.split("/")[0] for name in archive.namelist()}
    with tarfile.open(sdist) as archive:
        in_sdist = {name.split("/")[1] for name in archive.getnames() if "/" in name}
    wanted = {"mse_nll", f"mse_nll-{version}.dist-info"}
    needed = {"src", "tests", "docs", "gallery", "noxfile.py", "pyproject.toml", "LICENSE"}
    print(f"wheel: {sorted(in_wheel)}\nsdist: {sorted(in_sdist)}")
    return int(in_wheel != wanted or not needed <= in_sdist)


if __name__ == "__main__":
    sys.exit(main())
