"""The lead scripts print the digits of the programs whose set-ups they keep.

Each program is stated here again in plain PyTorch, without ``mse_nll``: same seed, same draws in
the same order. Its numbers, at its precision, must stand in what the script prints.
"""

import math
import re

import pytest
import torch
from conftest import shown
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def equivalence() -> list[str]:
    """Three MSEs at .6f; the minimisers of a 50-point grid, NLL and MSE, at .4f."""
    y_true = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0])
    y_pred = torch.tensor([1.1, 2.2, 2.8, 4.1, 4.9])
    mse = ((y_true - y_pred) ** 2).mean().item()

    torch.manual_seed(42)
    X = torch.randn(100, 1)
    y = 2.0 * X + 1.0 + 0.5 * torch.randn(100, 1)
    grid = torch.linspace(0, 4, 50)
    sse = torch.stack([((y - (w * X + 1.0)) ** 2).sum() for w in grid])
    nll = 100 / 2 * math.log(2 * math.pi * 0.25) + sse / (2 * 0.25)
    nll_argmin, mse_argmin = grid[nll.argmin()].item(), grid[(sse / 100).argmin()].item()
    return [
        f"By hand: {mse:.6f}",
        f"nn.MSELoss: {mse:.6f}",
        f"F.mse_loss: {mse:.6f}",
        f"NLL minimiser on the grid: w = {nll_argmin:.4f}",
        f"MSE minimiser on the grid: w = {mse_argmin:.4f}",
    ]


def reductions() -> list[str]:
    """The element losses as a list; mean and sum at .4f."""
    y_true = torch.tensor([[1.0], [2.0], [3.0], [4.0]])
    y_pred = torch.tensor([[1.5], [2.0], [2.5], [4.5]])
    each = (y_true - y_pred) ** 2
    return [
        f"reduction='none': {each.squeeze().tolist()}",
        f"reduction='mean': {each.mean().item():.4f}",
        f"reduction='sum': {each.sum().item():.4f}",
    ]


def training() -> list[str]:
    """Every twentieth epoch's mean over batches and the final MSE at .6f; σ and NLL at .4f."""
    torch.manual_seed(42)
    true_weights = torch.randn(5, 1)
    X = torch.randn(500, 5)
    y = X @ true_weights + 0.5 + 0.3 * torch.randn(500, 1)
    loader = DataLoader(TensorDataset(X, y), batch_size=32, shuffle=True)
    model = nn.Linear(5, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    lines = []
    for epoch in range(100):
        total = 0.0
        for inputs, targets in loader:
            loss = ((model(inputs) - targets) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        if (epoch + 1) % 20 == 0:
            lines.append(f"Epoch {epoch + 1}: MSE = {total / len(loader):.6f}")
    with torch.no_grad():
        mse = ((model(X) - y) ** 2).mean().item()
    nll = 500 / 2 * math.log(2 * math.pi * mse) + 500 * mse / (2 * mse)
    return [
        *lines,
        f"Final MSE: {mse:.6f}",
        f"maximum likelihood: {math.sqrt(mse):.4f}",
        f"Final NLL: {nll:.4f}",
    ]


def robustness() -> list[str]:
    """Squared, absolute and Huber loss of five fixed predictions at .4f."""
    e = torch.tensor([1.1, 2.1, 3.1, 4.1, 5.0]) - torch.tensor([1.0, 2.0, 3.0, 4.0, 20.0])
    huber = torch.where(e.abs() < 1, e**2 / 2, e.abs() - 0.5)
    return [
        f"MSE: {(e**2).mean().item():.4f}",
        f"MAE: {e.abs().mean().item():.4f}",
        f"Huber: {huber.mean().item():.4f}",
    ]


def heteroscedasticity() -> list[str]:
    """Plain and weighted squared error of an untrained line at .4f."""
    torch.manual_seed(42)
    x = torch.linspace(0, 5, 100)
    noise_std = 0.1 + 0.3 * x
    y = 2 * x + noise_std * torch.randn(100)
    e = y - nn.Linear(1, 1)(x[:, None]).squeeze()
    weights = noise_std**-2 / (noise_std**-2).mean()
    return [
        f"Standard MSE: {(e**2).mean().item():.4f}",
        f"Weighted MSE: {(weights * e**2).mean().item():.4f}",
    ]


@pytest.mark.parametrize(
    ("script", "program"),
    [
        ("equivalence/plot_equivalence.py", equivalence),
        ("reductions/plot_reductions.py", reductions),
        ("training/plot_training.py", training),
        ("robustness/plot_robustness.py", robustness),
        ("robustness/plot_heteroscedasticity.py", heteroscedasticity),
    ],
)
def test_script_prints_the_programs_digits(script, program):
    """Every number of the program stands in what the site shows of the script, digit for digit."""
    printed = re.sub(r"\s+", " ", shown(f"auto_gallery/{script.removesuffix('.py')}.html"))
    for line in program():
        assert re.search(re.escape(line) + r"(?!\d)", printed), f"{line!r} not in {printed}"
