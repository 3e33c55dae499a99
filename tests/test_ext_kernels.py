"""Warm kernels: as fresh as any, and gone when they are not needed."""

from types import SimpleNamespace

import nbformat
import psutil
import pytest
from kernels import setup
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError


@pytest.fixture(autouse=True)
def warm() -> None:
    """Kernels come from the fork server, as in a build."""
    setup(SimpleNamespace(connect=lambda *_: None))


def run(*cells: str, timeout: int = 60) -> list[str]:
    """What cells print, run as the build runs them."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, kernel_name="python3", timeout=timeout).execute()
    return ["".join(output.get("text", "") for output in cell.outputs) for cell in notebook.cells]


def test_a_warm_kernel_is_a_kernel() -> None:
    """What many pages import is there, nothing of the build is, and a second kernel knows no first."""
    imported, path = run("import sys\nprint('torch' in sys.modules)", "x = 1\nprint(sys.path)")
    assert imported == "True\n"
    assert "_ext" not in path
    assert run("print('x' in globals())") == ["False\n"]


def test_figures_are_drawn_as_in_any_kernel() -> None:
    """Matplotlib, imported beforehand, still draws into the page."""
    (backend,) = run("import matplotlib.pyplot as plt\nprint(plt.get_backend())")
    assert "inline" in backend


def test_kernels_can_start_processes() -> None:
    """A page may load its data with workers."""
    loader = (
        "DataLoader(TensorDataset(torch.arange(4)), num_workers=2, multiprocessing_context='fork')"
    )
    imports = "import torch\nfrom torch.utils.data import DataLoader, TensorDataset\n"
    assert run(f"{imports}print(sum(x.item() for (x,) in {loader}))") == ["6\n"]


def test_a_kernel_that_hangs_is_ended() -> None:
    """Nothing of it is left."""
    with pytest.raises(CellTimeoutError):
        run("import time\ntime.sleep(600)", timeout=2)
    left = [
        child for child in psutil.Process().children(recursive=True) if "ipykernel" in child.name()
    ]
    assert not left
