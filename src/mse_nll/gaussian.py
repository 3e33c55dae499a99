r"""Gaussian negative log-likelihoods: constant, given and predicted noise."""

import math

from torch import Tensor, nn

from mse_nll._checks import (
    Reduction,
    check_number,
    check_pair,
    check_positive,
    check_same,
    log_of,
    reduce_terms,
)

_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)


def negative_log_likelihood(
    y_true: Tensor, y_pred: Tensor, sigma: float | Tensor = 1.0, reduction: Reduction = "sum"
) -> Tensor:
    r"""Negative log-likelihood of targets under Gaussian noise around the predictions.

    .. math::

        -\ell = \sum_{i=1}^{n} \left[ \log \sigma_i + \tfrac{1}{2} \log 2\pi
                + \frac{(y_i - \hat{y}_i)^2}{2 \sigma_i^2} \right]

    With one :math:`\sigma` for all observations this is an affine function of the mean squared
    error, :math:`\frac{n}{2\sigma^2}\,\mathrm{MSE} + n \log \sigma + \frac{n}{2} \log 2\pi`, with the
    same minimiser. Then ``"sum"`` and ``"mean"`` are computed by one
    ``torch.nn.functional.mse_loss``.

    Use it when the value itself matters: to compare models, to estimate :math:`\sigma`, or to weight
    observations of unequal precision.

    Args:
        y_true: Targets, any non-empty shape, floating point. Float16 and bfloat16 are computed
            and returned in float32; float32 and float64 are not mixed.
        y_pred: Predictions, of exactly the targets' shape and dtype.
        sigma: Standard deviation of the noise, in the targets' units: a positive number, a 0-d
            tensor, or a tensor of exactly the predictions' shape. Its square must lie within the
            dtype's range (in float32, sigma from 1.1e-19 to 1.8e19).
        reduction: ``"sum"`` (the likelihood of the whole sample), ``"mean"`` (per observation)
            or ``"none"`` (one term for each).

    Returns:
        The negative log-likelihood in nats, 0-d, or of the targets' shape for ``"none"``.
        Gradients flow to ``y_true``, ``y_pred`` and ``sigma``. Predictions and targets are not
        scanned for NaN. The values of a tensor ``sigma`` are read on the CPU only, outside
        ``torch.compile`` and ``vmap``; elsewhere a value that is not positive and finite gives NaN
        or infinity.

    Raises:
        TypeError: An input is not a floating-point tensor, ``sigma`` is not a number, or dtypes
            or devices differ.
        ValueError: Shapes differ, a tensor is empty, ``sigma`` is outside its range, or
            ``reduction`` is unknown.

    Examples:
        >>> import math
        >>> import torch
        >>> from mse_nll import negative_log_likelihood
        >>> y_true = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
        >>> y_pred = torch.tensor([1.5, 2.0, 2.5], dtype=torch.float64)
        >>> negative_log_likelihood(y_true, y_pred, sigma=0.5).item()
        1.677374

        The same number from the mean squared error:

        >>> mse = torch.nn.functional.mse_loss(y_pred, y_true)
        >>> n, sigma = 3, 0.5
        >>> (n / (2 * sigma**2) * mse + n * math.log(sigma * math.sqrt(2 * math.pi))).item()
        1.677374

        PyTorch would broadcast a column against a row to a square; here that is an error:

        >>> try:
        ...     negative_log_likelihood(y_true, y_pred.unsqueeze(-1))
        ... except ValueError as error:
        ...     print(error)
        y_true has shape (3,) but y_pred has shape (3, 1);
        shapes must be equal, nothing is broadcast:
        write y_true.unsqueeze(-1) or y_pred.squeeze(-1)

    Source: :cite:p:`bishop2006`, section 1.2.5.
    """
    true, pred = check_pair(y_true, y_pred)
    scale = check_positive("sigma", sigma, pred)
    constant = log_of(scale) + _HALF_LOG_2PI
    if reduction not in ("mean", "sum") or (isinstance(scale, Tensor) and scale.ndim > 0):
        return reduce_terms(0.5 * ((true - pred) / scale).square() + constant, reduction)
    squared_error = nn.functional.mse_loss(pred, true, reduction=reduction)
    count = pred.numel() if reduction == "sum" else 1
    if isinstance(scale, Tensor):  # divided step by step, or the gradient of 1 / scale^2 overflows
        return 0.5 * (squared_error / scale / scale) + count * constant
    return squared_error * (0.5 / scale**2) + count * constant


def heteroscedastic_negative_log_likelihood(
    y_true: Tensor, y_pred: Tensor, log_variance: Tensor, reduction: Reduction = "sum"
) -> Tensor:
    r"""Gaussian negative log-likelihood with a log-variance predicted for every observation.

    .. math::

        -\ell = \frac{1}{2} \sum_{i=1}^{n} \left[ s_i + (y_i - \hat{y}_i)^2 e^{-s_i}
                + \log 2\pi \right], \qquad s_i = \log \sigma_i^2

    In float32 the loss and its gradients are finite while :math:`|y_i - \hat{y}_i|\, e^{-s_i}` and
    :math:`(y_i - \hat{y}_i)^2 e^{-s_i}` are below 3e38: for residuals of at most 1, while
    :math:`s_i > -88`. From :math:`s_i = -177.5` down a residual of 0 gives NaN. A network's raw output
    can leave this range, so bound the variance below: ``softplus(raw) + floor``, as in the example.

    Args:
        y_true: Targets, any non-empty shape, floating point.
        y_pred: Predicted means, of exactly the targets' shape and dtype.
        log_variance: Logarithm of the predicted variance (targets' units squared), of the same
            shape and dtype.
        reduction: ``"sum"``, ``"mean"`` or ``"none"``.

    Returns:
        The negative log-likelihood in nats, 0-d, or of the targets' shape for ``"none"``.

    Raises:
        TypeError: An input is not a floating-point tensor, or dtypes or
            devices differ.
        ValueError: Shapes differ, a tensor is empty, or ``reduction`` is unknown.

    Examples:
        >>> import torch
        >>> from mse_nll import heteroscedastic_negative_log_likelihood
        >>> y_true = torch.tensor([0.0, 0.0])
        >>> y_pred = torch.tensor([0.1, 3.0])
        >>> confident = torch.tensor([0.0, 0.0])  # variance 1 for both
        >>> honest = torch.tensor([0.0, 2.0])  # variance exp(2) for the second
        >>> heteroscedastic_negative_log_likelihood(y_true, y_pred, confident).item()
        6.34288
        >>> heteroscedastic_negative_log_likelihood(y_true, y_pred, honest).item()
        3.45189

        The head of a network, for standardised targets: the floor keeps the variance from zero.

        >>> network = torch.nn.Linear(3, 2)
        >>> mean, raw = network(torch.zeros(5, 3)).split(1, dim=-1)
        >>> log_variance = (torch.nn.functional.softplus(raw) + 1e-4).log()
        >>> heteroscedastic_negative_log_likelihood(torch.zeros(5, 1), mean, log_variance).ndim
        0

    Source: :cite:p:`nix1994`.
    """
    return reduce_terms(_heteroscedastic_terms(y_true, y_pred, log_variance)[0], reduction)


def beta_negative_log_likelihood(
    y_true: Tensor,
    y_pred: Tensor,
    log_variance: Tensor,
    beta: float = 0.5,
    reduction: Reduction = "sum",
) -> Tensor:
    r"""Heteroscedastic Gaussian loss, each term weighted by its own variance to the power beta.

    .. math::

        L_\beta = \sum_{i=1}^{n} \left\lfloor \sigma_i^{2\beta} \right\rfloor
                  \left( -\log p(y_i \mid \hat{y}_i, \sigma_i^2) \right)

    where :math:`\lfloor\cdot\rfloor` stops the gradient. The plain likelihood divides the mean's
    gradient by the variance, so points that are badly fitted at first can get a large variance and
    then little gradient. :math:`\beta = 0` is that likelihood, and :math:`\beta = 1` gives the mean
    the gradient of half the squared error. The loss is for training. It is not a likelihood: compare
    models by :func:`heteroscedastic_negative_log_likelihood`, whose range of log-variances holds here
    too. In float32 keep beta times the log-variance below 80 as well.

    Args:
        y_true: Targets, any non-empty shape, floating point.
        y_pred: Predicted means, of exactly the targets' shape and dtype.
        log_variance: Logarithm of the predicted variance (targets' units squared), of the same
            shape and dtype.
        beta: Exponent of the variance in the weight, from 0 to 1.
        reduction: ``"sum"``, ``"mean"`` or ``"none"``.

    Returns:
        The weighted loss, 0-d, or of the targets' shape for ``"none"``.

    Raises:
        TypeError: An input is not a floating-point tensor, ``beta`` is not a number, or dtypes
            or devices differ.
        ValueError: ``beta`` is outside [0, 1], shapes differ, a tensor is empty, or
            ``reduction`` is unknown.

    Examples:
        >>> import torch
        >>> from mse_nll import beta_negative_log_likelihood

        With ``beta=1`` the mean's gradient is the residual, whatever the variance:

        >>> y_pred = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> log_variance = torch.tensor([0.0, 3.0])
        >>> loss = beta_negative_log_likelihood(torch.zeros(2), y_pred, log_variance, beta=1.0)
        >>> loss.backward()
        >>> y_pred.grad
        tensor([1.0000, 2.0000])

    Source: :cite:p:`seitzer2022`.
    """
    exponent = check_number("beta", beta)
    if not 0.0 <= exponent <= 1.0:
        raise ValueError(f"beta must lie between 0 and 1, got {beta}")
    terms, log_var = _heteroscedastic_terms(y_true, y_pred, log_variance)
    return reduce_terms((exponent * log_var.detach()).exp() * terms, reduction)


def _heteroscedastic_terms(
    y_true: Tensor, y_pred: Tensor, log_variance: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the terms and the log-variance; exp(-s/2) before squaring reaches twice as far."""
    true, pred = check_pair(y_true, y_pred)
    log_var = check_same("log_variance", log_variance, "y_pred", pred)
    standardised = (true - pred) * (-0.5 * log_var).exp()
    return 0.5 * (standardised.square() + log_var) + _HALF_LOG_2PI, log_var
