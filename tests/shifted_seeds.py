"""Run pages and scripts with every seed shifted, and report which assertions then fail.

``nox -s seeds`` runs all of them for ten shifts; a claim that fails in more than one is no claim.
``python tests/shifted_seeds.py --shifts 0 --show FILE …`` runs some as they are and shows their output.
"""

import argparse
import ast
import contextlib
import io
import re
import sys
import types
from collections import Counter
from multiprocessing.pool import ThreadPool
from pathlib import Path

import matplotlib.pyplot as plt
from page_code import cells, code_of, pasted
from warm import call

ROOT = Path(__file__).parents[1]
SEEDING = {"manual_seed", "manual_seed_all", "default_rng", "seed"}


class Shift(ast.NodeTransformer):
    """Adds a number to what each call that sets a seed is given."""

    def __init__(self, by: int) -> None:
        self.by = by

    def visit_Call(self, node: ast.Call) -> ast.Call:
        """Shift the first argument of ``torch.manual_seed``, ``default_rng`` and their like."""
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr in SEEDING and node.args:
            node.args[0] = ast.BinOp(node.args[0], ast.Add(), ast.Constant(self.by))
        return node


def prepare() -> None:
    """Draw in the site's style; what a page glues is shown by the site alone."""
    plt.style.use(ROOT / "docs" / "figures.mplstyle")
    sys.modules["myst_nb"] = types.SimpleNamespace(glue=lambda *_, **__: None)


def run_sections(path: Path) -> int:
    """Run each section of a page with the page's set-up alone, as somebody who pastes it."""
    prepare()
    failed = 0
    for name, copied in pasted(path).items():
        code = "\n".join(cell.code for cell in copied)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(code, f"{path.name}: {name}", "exec"), {"__name__": "__main__"})
        except Exception as error:
            failed += 1
            print(
                f"{path.relative_to(ROOT)}: {name!r}: {type(error).__name__}: {error}",
                file=sys.stderr,
            )
    return failed


def run(path: Path, shift: int, show: bool) -> int:
    """Run one file, statement by statement; print each assertion that fails and go on."""
    prepare()
    tree = Shift(shift).visit(ast.parse(code_of(path), str(path)))
    namespace = {"__name__": "__main__"}
    failed = 0
    for statement in ast.fix_missing_locations(tree).body:
        code = compile(ast.Module([statement], []), str(path), "exec")
        try:
            with contextlib.redirect_stdout(sys.stdout if show else io.StringIO()):
                exec(code, namespace)
        except AssertionError as error:
            failed += 1
            source = ast.unparse(statement).splitlines()[0][:90]
            said = " ".join(str(error).split())[:90]
            print(f"{path.relative_to(ROOT)}:{statement.lineno} shift {shift}: {source} {said}",
                  file=sys.stderr)  # fmt: skip
    return min(failed, 100)


def main() -> None:
    """Run each file in a process of its own for each shift, two at a time; end with what failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--shifts", nargs="+", type=int, default=[100 * k for k in range(1, 11)])
    parser.add_argument("--show", action="store_true", help="show what the code prints")
    given = parser.parse_args()
    written = (path for path in ROOT.glob("docs/**/*.md") if "_build" not in path.parts)
    pages = (path for path in written if cells(path))
    files = given.files or sorted([*pages, *ROOT.glob("gallery/*/plot_*.py")])
    runs = [(path.resolve(), shift, given.show) for path in files for shift in given.shifts]
    places: Counter[str] = Counter()
    broken = 0
    with ThreadPool(2) as pool:
        for ended in pool.imap(lambda asked: call(run, *asked), runs):
            print(ended.out + ended.err, end="", flush=True)
            found = re.findall(r"^(\S+:\d+) shift \d+: ", ended.err, re.MULTILINE)
            places.update(found)
            broken += ended.status != len(found)
    often = {place: count for place, count in places.items() if count > len(given.shifts) / 10}
    print(f"{len(files)} files, {len(given.shifts)} shifts: {places.total()} assertions failed, "
          f"{broken} runs broke off; in more than one shift of ten: {often or 'none'}")  # fmt: skip
    sys.exit(bool(often or broken))


if __name__ == "__main__":
    main()
