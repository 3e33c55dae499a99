"""Regression metrics in likelihood terms: what each is, with strict shapes."""

from torch import Tensor, nn

from mse_nll._checks import check_pair, check_same, check_tensor, holds, working


def mean_squared_error(y_true: Tensor, y_pred: Tensor) -> Tensor:
    r"""Mean of the squared residuals.

    .. math::

        \mathrm{MSE} = \frac{1}{n} \sum_{i=1}^{n} (y_i - \hat{y}_i)^2

    It is the maximum likelihood estimate of a constant noise variance, given the predictions.

    Args:
        y_true: Targets, any non-empty shape, floating point.
        y_pred: Predictions, of exactly the targets' shape and dtype.

    Returns:
        0-d tensor, in the targets' units squared.

    Raises:
        TypeError: An input is not a floating-point tensor, or dtypes or
            devices differ.
        ValueError: Shapes differ, or a tensor is empty.

    Examples:
        >>> import torch
        >>> from mse_nll import mean_squared_error
        >>> y_true = torch.tensor([1.0, 2.0, 3.0])
        >>> mean_squared_error(y_true, torch.tensor([1.0, 2.0, 6.0]))
        tensor(3.)

    Source: :cite:p:`murphy2022`, section 4.2.7.
    """
    true, pred = check_pair(y_true, y_pred)
    return nn.functional.mse_loss(pred, true)


def root_mean_squared_error(y_true: Tensor, y_pred: Tensor) -> Tensor:
    r"""Square root of the mean squared error: the maximum likelihood estimate of sigma.

    .. math::

        \mathrm{RMSE} = \sqrt{\mathrm{MSE}} = \hat{\sigma}

    It is in the targets' units. To train, minimise MSE instead: the minimiser is the same, and the
    square root has no gradient at zero. Several columns are pooled into one mean;
    ``sklearn.metrics.root_mean_squared_error`` averages the roots of the columns.

    Args:
        y_true: Targets, any non-empty shape, floating point.
        y_pred: Predictions, of exactly the targets' shape and dtype.

    Returns:
        0-d tensor, in the targets' units.

    Raises:
        TypeError: An input is not a floating-point tensor, or dtypes or
            devices differ.
        ValueError: Shapes differ, or a tensor is empty.

    Examples:
        >>> import torch
        >>> from mse_nll import negative_log_likelihood, root_mean_squared_error

        Other values of sigma make the data less likely:

        >>> y_true = torch.tensor([1.0, 2.0, 3.0, 4.0])
        >>> y_pred = torch.tensor([1.5, 1.5, 3.5, 3.5])
        >>> best = root_mean_squared_error(y_true, y_pred)
        >>> best
        tensor(0.5000)
        >>> at_best = negative_log_likelihood(y_true, y_pred, best)
        >>> all(negative_log_likelihood(y_true, y_pred, s) > at_best for s in (0.4, 0.49, 0.51))
        True

    Source: :cite:p:`bishop2006`, section 1.2.5.
    """
    return mean_squared_error(y_true, y_pred).sqrt()


def r_squared(y_true: Tensor, y_pred: Tensor) -> Tensor:
    r"""Share of the targets' variance that the predictions account for.

    .. math::

        R^2 = 1 - \frac{\sum_i (y_i - \hat{y}_i)^2}{\sum_i (y_i - \bar{y})^2}
            = 1 - \exp\left( -\tfrac{2}{n} (\ell - \ell_0) \right)

    where :math:`\ell` and :math:`\ell_0` are the log-likelihoods of the predictions and of the
    constant mean, each with its own maximum likelihood :math:`\sigma`. It is negative when the
    predictions do worse than the targets' mean.

    Args:
        y_true: Targets of one quantity, shape ``(n,)`` or ``(n, 1)``, not all equal.
        y_pred: Predictions, of exactly the targets' shape and dtype.

    Returns:
        0-d tensor, without unit, at most 1.

    Raises:
        TypeError: An input is not a floating-point tensor, or dtypes or
            devices differ.
        ValueError: Shapes differ, a tensor is empty, there are several columns, or all
            targets are equal.

    Examples:
        >>> import torch
        >>> from mse_nll import negative_log_likelihood, r_squared, root_mean_squared_error
        >>> y_true = torch.tensor([1.0, 2.0, 3.0, 4.0])
        >>> r_squared(y_true, torch.tensor([1.5, 1.5, 3.5, 3.5]))
        tensor(0.8000)
        >>> r_squared(y_true, torch.full((4,), 2.5))
        tensor(0.)
        >>> r_squared(y_true, torch.full((4,), 5.0))
        tensor(-5.)

        From two log-likelihoods:

        >>> def maximised(prediction):
        ...     sigma = root_mean_squared_error(y_true, prediction)
        ...     return -negative_log_likelihood(y_true, prediction, sigma)
        >>> gain = maximised(torch.tensor([1.5, 1.5, 3.5, 3.5])) - maximised(torch.full((4,), 2.5))
        >>> 1 - torch.exp(-2 / 4 * gain)
        tensor(0.8000)
    """
    true, pred = check_pair(y_true, y_pred)
    if true.ndim > 2 or (true.ndim == 2 and true.shape[1] != 1):
        shape = tuple(true.shape)
        raise ValueError(
            f"r_squared takes one quantity, (n,) or (n, 1), got {shape}: call per column"
        )
    if holds(true, lambda values: (values == values.flatten()[0]).all()):
        raise ValueError(f"r_squared needs targets that vary, got {true.numel()} equal values")
    shifted = true - true.flatten()[0].detach()  # the mean of large numbers would lose digits
    unit = shifted.detach().abs().max().log2().floor().exp2()  # in it no square leaves the range
    spread, residuals = shifted / unit, (true - pred) / unit
    return 1 - residuals.square().sum() / (spread - spread.mean()).square().sum()


def coverage(y_true: Tensor, lower: Tensor, upper: Tensor) -> Tensor:
    r"""Share of the targets that lie inside their intervals, ends included.

    .. math::

        \frac{1}{n} \sum_{i=1}^{n} \mathbf{1}\left[ l_i \le y_i \le u_i \right]

    For a prediction interval of level 0.95 it should be near 0.95 on data not used in the fit, with
    a binomial standard error of :math:`\sqrt{0.95 \cdot 0.05 / n}`.

    Args:
        y_true: Targets, any non-empty shape, floating point.
        lower: Lower ends, of exactly the targets' shape and dtype.
        upper: Upper ends, of exactly the targets' shape and dtype. A NaN, in a target or in an end,
            counts as outside.

    Returns:
        0-d tensor between 0 and 1.

    Raises:
        TypeError: An input is not a floating-point tensor, or dtypes or
            devices differ.
        ValueError: Shapes differ, a tensor is empty, or a lower end exceeds its upper
            end.

    Examples:
        >>> import torch
        >>> from mse_nll import coverage
        >>> y_true = torch.tensor([0.0, 1.0, 2.0, 3.0])
        >>> coverage(y_true, lower=torch.zeros(4), upper=torch.full((4,), 2.0))
        tensor(0.7500)

    Source: :cite:p:`gneiting2007`.
    """
    true = check_tensor("y_true", y_true)
    low = check_same("lower", lower, "y_true", true)
    high = check_same("upper", upper, "y_true", true)
    true = working(true)
    if holds(low, lambda values: (values > high).any()):
        crossed = int((low > high).sum())
        raise ValueError(f"lower exceeds upper in {crossed} of {low.numel()} intervals: swap them")
    return ((low <= true) & (true <= high)).to(true.dtype).mean()
