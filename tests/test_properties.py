"""Rules that hold for every shape, dtype and value, tried on many by hypothesis."""

import math
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mse_nll import (
    beta_negative_log_likelihood,
    coverage,
    heteroscedastic_negative_log_likelihood,
    huber_negative_log_likelihood,
    laplace_negative_log_likelihood,
    mean_squared_error,
    negative_log_likelihood,
    r_squared,
    root_mean_squared_error,
    student_t_negative_log_likelihood,
)

SCALED = {
    "gaussian": negative_log_likelihood,
    "laplace": laplace_negative_log_likelihood,
    "student_t": student_t_negative_log_likelihood,
    "huber": huber_negative_log_likelihood,
}
PREDICTED = {
    "heteroscedastic": heteroscedastic_negative_log_likelihood,
    "beta": beta_negative_log_likelihood,
}
PAIRED = {
    "mse": mean_squared_error,
    "rmse": root_mean_squared_error,
    "r_squared": r_squared,
    **SCALED,
}
SHAPES = st.lists(st.integers(1, 4), min_size=0, max_size=3).map(tuple)
SEEDS = st.integers(0, 2**31)
fast = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def draw(shape: tuple[int, ...], seed: int, count: int) -> list[torch.Tensor]:
    """Return tensors of normal draws, float64."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(count)]


def close(actual: torch.Tensor, expected: torch.Tensor) -> None:
    """Assert equality to 1e-10, dtype and shape included."""
    torch.testing.assert_close(actual, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", PAIRED)
@given(first=SHAPES, second=SHAPES)
@fast
def test_unequal_shapes_never_broadcast(
    name: str, first: tuple[int, ...], second: tuple[int, ...]
) -> None:
    """Any two different shapes are refused, whether PyTorch could broadcast them or not."""
    assume(first != second)
    with pytest.raises(ValueError, match=r"shapes must be equal, nothing is broadcast"):
        PAIRED[name](torch.zeros(first), torch.zeros(second))


@given(shape=SHAPES, other=SHAPES)
@fast
def test_third_tensors_never_broadcast(shape: tuple[int, ...], other: tuple[int, ...]) -> None:
    """Scales, log-variances and interval ends of another shape are refused; a 0-d scale is not."""
    assume(shape != other)
    y, third = torch.zeros(shape), torch.ones(other)
    refused: list[Any] = [lambda f=f: f(y, y, third) for f in PREDICTED.values()]
    refused += [lambda: coverage(y, third, y), lambda: coverage(y, y, third)]
    if other != ():
        refused += [lambda f=f: f(y, y, third) for f in SCALED.values()]
    for call in refused:
        with pytest.raises(ValueError, match=r"shapes must be equal, nothing is broadcast"):
            call()


@pytest.mark.parametrize("name", SCALED | PREDICTED)
@given(shape=SHAPES, seed=SEEDS)
@fast
def test_reductions_agree(name: str, shape: tuple[int, ...], seed: int) -> None:
    """Unreduced, the loss has the input's shape; its sum and mean are those of "sum" and "mean"."""
    y_true, y_pred, log_scale = draw(shape, seed, 3)
    if name in SCALED:
        loss, thirds = SCALED[name], [0.7, log_scale.exp(), torch.tensor(0.7).double()]
    else:
        loss, thirds = PREDICTED[name], [log_scale]
    for third in thirds:
        terms = loss(y_true, y_pred, third, reduction="none")
        assert terms.shape == shape
        close(loss(y_true, y_pred, third, reduction="sum"), terms.sum())
        close(loss(y_true, y_pred, third, reduction="mean"), terms.mean())
        close(loss(y_true, y_pred, third), terms.sum())


@pytest.mark.parametrize("name", SCALED)
@given(shape=SHAPES, seed=SEEDS)
@fast
def test_one_scale_three_ways(name: str, shape: tuple[int, ...], seed: int) -> None:
    """A number, a 0-d tensor and a filled tensor mean the same."""
    loss, (y_true, y_pred) = SCALED[name], draw(shape, seed, 2)
    scale = 0.1 + seed % 50 / 10
    expected = loss(y_true, y_pred, torch.full(shape, scale, dtype=torch.float64))
    close(loss(y_true, y_pred, scale), expected)
    close(loss(y_true, y_pred, torch.tensor(scale, dtype=torch.float64)), expected)


@pytest.mark.parametrize("name", SCALED)
@given(shape=SHAPES, seed=SEEDS, unit=st.floats(1e-3, 1e3), shift=st.floats(-5, 5))
@fast
def test_units_add_their_logarithm(
    name: str, shape: tuple[int, ...], seed: int, unit: float, shift: float
) -> None:
    """In other units (y, y-hat and scale times c, origin moved) the loss gains n log c."""
    loss, (y_true, y_pred, log_scale) = SCALED[name], draw(shape, seed, 3)
    scale = log_scale.exp()
    moved = loss(unit * (y_true + shift), unit * (y_pred + shift), unit * scale)
    torch.testing.assert_close(
        moved,
        loss(y_true, y_pred, scale) + y_true.numel() * math.log(unit),
        rtol=1e-9,
        atol=1e-9,
    )


@pytest.mark.parametrize("name", SCALED)
@given(shape=SHAPES, seed=SEEDS)
@fast
def test_targets_and_predictions_are_interchangeable(
    name: str, shape: tuple[int, ...], seed: int
) -> None:
    """Every density here is symmetric: swapping the two changes nothing, nor does a mirror."""
    loss, (y_true, y_pred) = SCALED[name], draw(shape, seed, 2)
    close(loss(y_true, y_pred, 0.5), loss(y_pred, y_true, 0.5))
    close(loss(-y_true, -y_pred, 0.5), loss(y_true, y_pred, 0.5))


@pytest.mark.parametrize("name", SCALED)
@given(shape=SHAPES, seed=SEEDS)
@fast
def test_a_perfect_prediction_is_best(name: str, shape: tuple[int, ...], seed: int) -> None:
    """No prediction beats the target itself."""
    loss, (y_true, y_pred) = SCALED[name], draw(shape, seed, 2)
    best = loss(y_true, y_true, reduction="none")
    assert bool((loss(y_true, y_pred, reduction="none") >= best).all())


@given(seed=SEEDS, n=st.integers(2, 30), factor=st.floats(0.2, 5.0))
@fast
def test_rmse_is_the_best_sigma(seed: int, n: int, factor: float) -> None:
    """The NLL at any multiple of the RMSE exceeds n/2 (log(2 pi MSE) + 1), its minimum."""
    y_true, y_pred = draw((n,), seed, 2)
    mse = ((y_true - y_pred) ** 2).mean()
    minimum = n / 2 * (torch.log(2 * math.pi * mse) + 1)
    rmse = root_mean_squared_error(y_true, y_pred)
    close(negative_log_likelihood(y_true, y_pred, rmse), minimum)
    assert negative_log_likelihood(y_true, y_pred, factor * rmse) >= minimum - 1e-9


FLOATS = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
OTHERS = [torch.int32, torch.int64, torch.uint8, torch.bool, torch.complex64, torch.complex128]


def widened(dtype: torch.dtype) -> torch.dtype:
    """Return the dtype that a floating tensor is computed in."""
    return torch.float64 if dtype == torch.float64 else torch.float32


@pytest.mark.parametrize("name", PAIRED)
@given(first=st.sampled_from(FLOATS), second=st.sampled_from(FLOATS))
@fast
def test_dtypes_are_kept_widened_or_refused(
    name: str, first: torch.dtype, second: torch.dtype
) -> None:
    """Halves count as float32; equal dtypes are kept; float32 beside float64 is refused."""
    y_true = torch.tensor([0.0, 1.0, 2.0], dtype=first)
    y_pred = torch.tensor([0.5, 1.0, 1.0], dtype=second)
    if widened(first) == widened(second):
        assert PAIRED[name](y_true, y_pred).dtype == widened(first)
    else:
        with pytest.raises(
            TypeError, match=r"^y_true is torch\.\w+ on cpu but y_pred is torch\.\w+ on cpu"
        ):
            PAIRED[name](y_true, y_pred)


@pytest.mark.parametrize("name", PAIRED)
@given(dtype=st.sampled_from(OTHERS), place=st.sampled_from(["y_true", "y_pred"]))
@fast
def test_other_dtypes_are_refused(name: str, dtype: torch.dtype, place: str) -> None:
    """Integers, booleans and complex numbers are refused by name, with what to write."""
    inputs = {"y_true": torch.ones(3), "y_pred": torch.ones(3)}
    inputs[place] = torch.ones(3, dtype=dtype)
    with pytest.raises(TypeError, match=rf"^{place} must be .*, got {dtype}: write {place}\."):
        PAIRED[name](**inputs)
