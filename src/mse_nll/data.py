"""Seeded synthetic data: a linear model with constant noise, and one whose noise grows."""

import math

import torch
from torch import Tensor

from mse_nll._checks import check_count, check_number, check_tensor, holds, working


def linear_data(
    n_samples: int,
    weights: Tensor,
    bias: float,
    noise_std: float,
    generator: torch.Generator | None = None,
) -> tuple[Tensor, Tensor]:
    r"""Draw inputs and targets from a linear model with Gaussian noise.

    .. math::

        \mathbf{y} = \mathbf{X} \mathbf{w} + b + \sigma \boldsymbol{\varepsilon},
        \qquad X_{ij}, \varepsilon_i \sim \mathcal{N}(0, 1)

    The inputs are drawn before the noise.

    Args:
        n_samples: Number of rows.
        weights: True weights, shape ``(d,)`` or ``(d, 1)``; their dtype is that of the data (float32 for
            float16 and bfloat16).
        bias: True intercept.
        noise_std: Standard deviation of the noise, zero or more.
        generator: Source of randomness; ``None`` is PyTorch's global one, as seeded by
            ``torch.manual_seed``.

    Returns:
        ``X`` of shape ``(n_samples, d)`` and ``y`` of shape ``(n_samples, 1)``.

    Raises:
        TypeError: ``n_samples`` is not an int, ``weights`` is not a floating-point tensor, or
            ``bias`` or ``noise_std`` is not a number.
        ValueError: ``n_samples`` is less than 1, ``weights`` is neither ``(d,)`` nor ``(d, 1)``,
            ``noise_std`` is negative, or a number is not finite in the dtype.

    Examples:
        >>> import torch
        >>> from mse_nll import linear_data
        >>> X, y = linear_data(100, torch.tensor([2.0]), bias=1.0, noise_std=0.5)
        >>> X.shape, y.shape
        (torch.Size([100, 1]), torch.Size([100, 1]))

        A generator makes the draw repeatable and leaves the global one alone:

        >>> w = torch.tensor([2.0, -1.0])
        >>> first = linear_data(3, w, 1.0, 0.5, generator=torch.Generator().manual_seed(0))
        >>> again = linear_data(3, w, 1.0, 0.5, generator=torch.Generator().manual_seed(0))
        >>> torch.equal(first[1], again[1])
        True
    """
    rows = check_count("n_samples", n_samples)
    w = check_tensor("weights", weights)
    if not (w.ndim == 1 or (w.ndim == 2 and w.shape[1] == 1)):
        raise ValueError(f"weights must have shape (d,) or (d, 1), got {tuple(w.shape)}")
    intercept, std = check_number("bias", bias), check_number("noise_std", noise_std)
    if not 0.0 <= std < math.inf:
        raise ValueError(f"noise_std must be zero or more and finite, got {noise_std}")
    w = working(w)
    X = torch.randn(rows, w.shape[0], generator=generator, dtype=w.dtype, device=w.device)
    noise = torch.randn(rows, 1, generator=generator, dtype=w.dtype, device=w.device)
    y = X @ w.reshape(-1, 1) + intercept + std * noise
    if holds(y, lambda values: ~values.isfinite().all()):
        raise ValueError(f"the weights, {bias=} or {noise_std=} are not finite in {y.dtype}")
    return X, y


def heteroscedastic_data(
    n_samples: int = 100, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    r"""Draw targets around a line with noise that grows along it.

    .. math::

        y = 2x + \sigma(x)\,\varepsilon, \qquad \sigma(x) = 0.1 + 0.3x, \qquad
        x \in [0, 5], \quad \varepsilon \sim \mathcal{N}(0, 1)

    The noise is sixteen times wider at the right end than at the left.

    Args:
        n_samples: Number of equally spaced points.
        generator: Source of randomness; ``None`` is PyTorch's global one, as seeded by
            ``torch.manual_seed``.

    Returns:
        ``X``, ``y`` and the true noise standard deviation, each of shape ``(n_samples, 1)``.

    Raises:
        TypeError: ``n_samples`` is not an int.
        ValueError: ``n_samples`` is less than 1.

    Examples:
        >>> import torch
        >>> from mse_nll import heteroscedastic_data
        >>> X, y, noise_std = heteroscedastic_data(6)
        >>> X.squeeze(-1)
        tensor([0., 1., 2., 3., 4., 5.])
        >>> noise_std.squeeze(-1)
        tensor([0.1000, 0.4000, 0.7000, 1.0000, 1.3000, 1.6000])
        >>> y.shape
        torch.Size([6, 1])
    """
    rows = check_count("n_samples", n_samples)
    X = torch.linspace(0, 5, rows).unsqueeze(-1)
    noise_std = 0.1 + 0.3 * X
    y = 2 * X + noise_std * torch.randn(rows, 1, generator=generator)
    return X, y, noise_std
