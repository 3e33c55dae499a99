"""The synthetic data: the stated draws in the stated order."""

import math
import re

import numpy as np
import pytest
import torch

from mse_nll import heteroscedastic_data, linear_data


def test_one_feature_draws_inputs_then_noise() -> None:
    """With seed 42 the data are those of two lines of plain PyTorch, bit for bit."""
    torch.manual_seed(42)
    X_plain = torch.randn(100, 1)
    y_plain = 2.0 * X_plain + 1.0 + 0.5 * torch.randn(100, 1)
    torch.manual_seed(42)
    X, y = linear_data(100, torch.tensor([2.0]), bias=1.0, noise_std=0.5)
    assert torch.equal(X, X_plain)
    assert torch.equal(y, y_plain)


@pytest.mark.parametrize("shape", [(5, 1), (5,)])
def test_several_features_draw_inputs_then_noise(shape: tuple[int, ...]) -> None:
    """Weights drawn before, as a column or flat, give the data of three lines of plain PyTorch."""
    torch.manual_seed(42)
    weights = torch.randn(5, 1)
    X_plain = torch.randn(500, 5)
    y_plain = X_plain @ weights + 0.5 + 0.3 * torch.randn(500, 1)
    torch.manual_seed(42)
    X, y = linear_data(500, torch.randn(5, 1).reshape(shape), 0.5, 0.3)
    assert torch.equal(X, X_plain)
    assert torch.equal(y, y_plain)


def test_heteroscedastic_data_are_the_stated_draws() -> None:
    """With seed 42: x from 0 to 5, noise 0.1 + 0.3 x, targets 2 x + noise, bit for bit."""
    torch.manual_seed(42)
    x = torch.linspace(0, 5, 100).reshape(-1, 1)
    std = 0.1 + 0.3 * x.squeeze()
    y_plain = 2 * x.squeeze() + std * torch.randn(100)
    torch.manual_seed(42)
    X, y, noise_std = heteroscedastic_data()
    assert torch.equal(X, x)
    assert torch.equal(noise_std.squeeze(-1), std)
    assert torch.equal(y.squeeze(-1), y_plain)
    assert X.shape == y.shape == noise_std.shape == (100, 1)


def test_a_generator_repeats_and_leaves_the_global_state_alone() -> None:
    """Equal seeds give equal data; torch's own stream is not advanced."""
    state = torch.get_rng_state()
    draws = [
        (
            *linear_data(4, torch.ones(2), 0.0, 1.0, torch.Generator().manual_seed(seed)),
            *heteroscedastic_data(4, torch.Generator().manual_seed(seed)),
        )
        for seed in (1, 1, 2)
    ]
    assert all(torch.equal(a, b) for a, b in zip(draws[0], draws[1], strict=True))
    assert not torch.equal(draws[0][0], draws[2][0])
    assert not torch.equal(draws[0][3], draws[2][3])
    assert torch.equal(torch.get_rng_state(), state)


def test_dtype_follows_the_weights() -> None:
    """Float64 weights give float64 data."""
    X, y = linear_data(3, torch.ones(2, dtype=torch.float64), 0.0, 1.0)
    assert X.dtype == y.dtype == torch.float64


def test_sizes_may_be_numpys() -> None:
    """A NumPy whole number counts rows as an int does."""
    X, y = linear_data(np.int64(3), torch.ones(2), 0.0, 1.0)
    assert X.shape == (3, 2)
    assert y.shape == (3, 1)


def test_moments() -> None:
    """Noise of 100,000 rows has its standard deviation and no mean, to five standard errors."""
    generator = torch.Generator().manual_seed(0)
    weights = torch.tensor([1.0, -2.0], dtype=torch.float64)
    X, y = linear_data(100_000, weights, 3.0, 0.5, generator)
    noise = y.squeeze(-1) - X @ weights - 3.0
    root_n = math.sqrt(100_000)
    assert abs(noise.mean().item()) < 5 * 0.5 / root_n
    assert abs(noise.std().item() - 0.5) < 5 * 0.5 / math.sqrt(2) / root_n
    assert abs(X.std().item() - 1.0) < 5 / math.sqrt(2) / math.sqrt(2) / root_n


@pytest.mark.parametrize(
    ("args", "error", "message"),
    [
        ((0, torch.ones(1), 0.0, 1.0), ValueError, "n_samples must be at least 1, got 0"),
        ((1.5, torch.ones(1), 0.0, 1.0), TypeError, "n_samples must be an int, got float: 1.5"),
        ((True, torch.ones(1), 0.0, 1.0), TypeError, "n_samples must be an int, got bool: True"),
        (
            (3, [2.0], 0.0, 1.0),
            TypeError,
            "weights must be a torch.Tensor, got list: "
            "write torch.as_tensor(weights, dtype=torch.float64)",
        ),
        (
            (3, torch.ones(1, 2), 0.0, 1.0),
            ValueError,
            "weights must have shape (d,) or (d, 1), got (1, 2)",
        ),
        (
            (3, torch.tensor(1.0), 0.0, 1.0),
            ValueError,
            "weights must have shape (d,) or (d, 1), got ()",
        ),
        ((3, torch.ones(1), None, 1.0), TypeError, "bias must be a real number, got NoneType"),
        ((3, torch.ones(1), 0.0, "1"), TypeError, "noise_std must be a real number, got str: '1'"),
        (
            (3, torch.ones(1), 0.0, -1.0),
            ValueError,
            "noise_std must be zero or more and finite, got -1.0",
        ),
        (
            (3, torch.ones(1), 0.0, math.nan),
            ValueError,
            "noise_std must be zero or more and finite, got nan",
        ),
        (
            (3, torch.ones(1), 0.0, math.inf),
            ValueError,
            "noise_std must be zero or more and finite, got inf",
        ),
    ],
)
def test_bad_arguments_are_refused(args, error, message) -> None:
    """Each argument is checked before anything is drawn."""
    state = torch.get_rng_state()
    with pytest.raises(error, match=f"^{re.escape(message)}"):
        linear_data(*args)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("weights", "bias", "noise_std"),
    [
        (torch.tensor([math.nan]), 0.0, 1.0),
        (torch.ones(1), math.inf, 1.0),
        (torch.ones(1), 10**400, 1.0),
        (torch.ones(1), 0.0, 1e300),
    ],
)
def test_numbers_that_the_dtype_does_not_hold_are_refused(weights, bias, noise_std) -> None:
    """No NaN and no infinity comes out: the parameters are named instead."""
    with pytest.raises(
        ValueError, match=r"^the weights, bias=.* or noise_std=.* are not finite in t"
    ):
        linear_data(3, weights, bias, noise_std)


def test_half_weights_give_float32_data() -> None:
    """As the docstring says."""
    X, y = linear_data(3, torch.ones(2, dtype=torch.float16), 0.0, 1.0)
    assert X.dtype == y.dtype == torch.float32


def test_data_without_noise_lie_on_the_line() -> None:
    """Zero is a standard deviation."""
    X, y = linear_data(5, torch.tensor([2.0]), bias=1.0, noise_std=0.0)
    torch.testing.assert_close(y, 2 * X + 1)


def test_noise_is_drawn_in_the_precision_of_the_weights() -> None:
    """With float64 weights the noise has digits that float32 does not hold."""
    X, y = linear_data(50, torch.zeros(1, dtype=torch.float64), bias=0.0, noise_std=1.0)
    for drawn in (X, y):
        assert drawn.dtype == torch.float64
        assert (drawn != drawn.float().double()).sum() > 40


def test_bad_heteroscedastic_size_is_refused() -> None:
    """The number of points is at least one."""
    with pytest.raises(ValueError, match=r"^n_samples must be at least 1, got 0$"):
        heteroscedastic_data(0)
