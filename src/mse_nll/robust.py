r"""Robust losses as normalised negative log-likelihoods: Laplace, Student-t, Huber."""

import math

import torch
from torch import Tensor, nn

from mse_nll._checks import (
    Reduction,
    check_number,
    check_pair,
    check_positive,
    log_of,
    reduce_terms,
)


def laplace_negative_log_likelihood(
    y_true: Tensor, y_pred: Tensor, scale: float | Tensor = 1.0, reduction: Reduction = "sum"
) -> Tensor:
    r"""Negative log-likelihood under Laplace noise: the absolute error, normalised.

    .. math::

        -\ell = \sum_{i=1}^{n} \left[ \frac{|y_i - \hat{y}_i|}{b} + \log 2b \right]

    Its best constant prediction is the median, and the best scale the mean absolute error. An
    outlier of size :math:`r` adds :math:`r/b`, where the Gaussian adds :math:`r^2/2\sigma^2`, and has
    a gradient of the same size as any other point. Under Gaussian noise the median needs
    :math:`\pi/2` times the data of the mean, in large samples.

    Args:
        y_true: Targets, any non-empty shape, floating point.
        y_pred: Predictions, of exactly the targets' shape and dtype.
        scale: The density's scale :math:`b`, in the targets' units: a positive number, a 0-d tensor
            or a tensor of the predictions' shape. The standard deviation is :math:`\sqrt{2}\,b`.
        reduction: ``"sum"``, ``"mean"`` or ``"none"``.

    Returns:
        The negative log-likelihood in nats, 0-d, or of the targets' shape for ``"none"``.

    Raises:
        TypeError: An input is not a floating-point tensor, ``scale`` is not a number, or dtypes
            or devices differ.
        ValueError: Shapes differ, a tensor is empty, ``scale`` is not positive or its square is
            outside the dtype's range, or ``reduction`` is unknown.

    Examples:
        >>> import torch
        >>> from mse_nll import laplace_negative_log_likelihood
        >>> y_true, y_pred = torch.tensor([0.0, 0.0]), torch.tensor([0.5, 20.0])
        >>> laplace_negative_log_likelihood(y_true, y_pred, reduction="none")
        tensor([ 1.1931, 20.6931])

    Source: :cite:p:`murphy2022`, section 11.6.1.
    """
    true, pred = check_pair(y_true, y_pred)
    b = check_positive("scale", scale, pred)
    return reduce_terms((true - pred).abs() / b + (log_of(b) + math.log(2.0)), reduction)


def student_t_negative_log_likelihood(
    y_true: Tensor,
    y_pred: Tensor,
    scale: float | Tensor = 1.0,
    degrees_of_freedom: float | Tensor = 4.0,
    reduction: Reduction = "sum",
) -> Tensor:
    r"""Negative log-likelihood under Student-t noise: distant outliers lose their pull.

    .. math::

        -\ell = \sum_{i=1}^{n} \left[ \frac{\nu + 1}{2}
                \log\left( 1 + \frac{(y_i - \hat{y}_i)^2}{\nu s^2} \right)
                + \log s + \log \frac{\sqrt{\nu\pi}\;\Gamma(\nu/2)}{\Gamma((\nu + 1)/2)} \right]

    The gradient of a residual is largest at :math:`\sqrt{\nu}\,s` and falls towards zero beyond. The
    loss is not convex in the predictions, so start it from another fit. As :math:`\nu \to \infty` it
    becomes the Gaussian.

    Args:
        y_true: Targets, any non-empty shape, floating point.
        y_pred: Predictions, of exactly the targets' shape and dtype.
        scale: The density's scale :math:`s`, in the targets' units: a positive number, a 0-d tensor
            or a tensor of the predictions' shape. For :math:`\nu > 2` the standard deviation is
            :math:`s\sqrt{\nu/(\nu - 2)}`.
        degrees_of_freedom: The density's :math:`\nu`, without unit: positive, given as ``scale``.
        reduction: ``"sum"``, ``"mean"`` or ``"none"``.

    Returns:
        The negative log-likelihood in nats, 0-d, or of the targets' shape for ``"none"``.

    Raises:
        TypeError: An input is not a floating-point tensor, a parameter is not a number, or dtypes
            or devices differ.
        ValueError: Shapes differ, a tensor is empty, a parameter is not positive or its square is
            outside the dtype's range, or ``reduction`` is unknown.

    Examples:
        >>> import torch
        >>> from mse_nll import student_t_negative_log_likelihood
        >>> y_true, y_pred = torch.tensor([0.0, 0.0]), torch.tensor([0.5, 20.0])
        >>> student_t_negative_log_likelihood(y_true, y_pred, reduction="none")
        tensor([ 1.1324, 12.5186])

        The gradient of an outlier shrinks as it moves away:

        >>> for residual in (2.0, 200.0):
        ...     r = torch.tensor([residual], requires_grad=True)
        ...     student_t_negative_log_likelihood(torch.zeros(1), r).backward()
        ...     print(r.grad)
        tensor([1.2500])
        tensor([0.0250])

    Source: :cite:p:`lange1989`.
    """
    true, pred = check_pair(y_true, y_pred)
    s = check_positive("scale", scale, pred)
    nu = check_positive("degrees_of_freedom", degrees_of_freedom, pred)
    nu = torch.as_tensor(nu, dtype=pred.dtype)  # 0-d on the CPU if a number: mixes with any device
    t = (true - pred) / (s * nu.sqrt())
    # log(1 + t²), also where t² would overflow: beyond 1e9 it is 2 log |t|.
    log_1p = t.clamp(-1e9, 1e9).square().log1p() + 2.0 * (t.abs() * 1e-9).clamp(min=1.0).log()
    constant = log_of(s) + _student_t_log_normaliser(nu)
    return reduce_terms(0.5 * (nu + 1.0) * log_1p + constant, reduction)


def _student_t_log_normaliser(nu: Tensor) -> Tensor:
    """Return log(sqrt(nu pi) Γ(nu/2) / Γ((nu + 1)/2)), by a series where the gammas would cancel."""
    a = 0.5 * (nu if nu.device.type == "mps" else nu.double())  # Apple's GPUs have no float64
    small, large = a.clamp(max=64.0), a.clamp(min=64.0)
    direct = torch.lgamma(small) - torch.lgamma(small + 0.5) + 0.5 * small.log()
    inverse = 1 / large
    series = inverse * (1 / 8 - inverse.square() * (1 / 192 - inverse.square() / 640))
    ratio = torch.where(a < 64.0, direct, series)
    return (ratio + 0.5 * math.log(2.0 * math.pi)).to(nu.dtype)


def huber_negative_log_likelihood(
    y_true: Tensor,
    y_pred: Tensor,
    scale: float | Tensor = 1.0,
    threshold: float = 1.345,
    reduction: Reduction = "sum",
) -> Tensor:
    r"""Negative log-likelihood under Huber's density: Gaussian centre, exponential tails.

    .. math::

        -\ell = \sum_{i=1}^{n} \left[ \rho_k\!\left( \frac{y_i - \hat{y}_i}{s} \right)
                + \log s + \log Z_k \right], \qquad
        \rho_k(z) = \begin{cases} \tfrac{1}{2} z^2 & |z| \le k \\
                                  k |z| - \tfrac{1}{2} k^2 & |z| > k \end{cases}

    .. math::

        Z_k = \sqrt{2\pi}\, \operatorname{erf}\!\left( \frac{k}{\sqrt{2}} \right)
              + \frac{2}{k}\, e^{-k^2/2}

    With the normalising constant :math:`Z_k` its value can be compared with the other densities'
    (by AIC, say), and ``scale`` can be estimated. ``torch.nn.HuberLoss(delta)`` is :math:`s^2
    \rho_k`, with the threshold :math:`\delta = k s` in the targets' units: its default of 1 belongs to
    :math:`s = 1/k`. At :math:`k = 1.345` and a known scale the fit keeps 95 % of the efficiency of
    least squares under Gaussian noise.

    Args:
        y_true: Targets, any non-empty shape, floating point.
        y_pred: Predictions, of exactly the targets' shape and dtype.
        scale: The density's scale :math:`s`, in the targets' units: a positive number, a 0-d tensor
            or a tensor of the predictions' shape.
        threshold: The density's :math:`k`, where the tails begin, in units of ``scale``: a positive
            number.
        reduction: ``"sum"``, ``"mean"`` or ``"none"``.

    Returns:
        The negative log-likelihood in nats, 0-d, or of the targets' shape for ``"none"``.

    Raises:
        TypeError: An input is not a floating-point tensor, a parameter is not a number, or dtypes
            or devices differ.
        ValueError: Shapes differ, a tensor is empty, a parameter is not positive or its square is
            outside the dtype's range, or ``reduction`` is unknown.

    Examples:
        >>> import torch
        >>> from mse_nll import huber_negative_log_likelihood
        >>> y_true, y_pred = torch.tensor([0.0, 0.0]), torch.tensor([0.5, 20.0])
        >>> huber_negative_log_likelihood(y_true, y_pred, reduction="none")
        tensor([ 1.1036, 26.9741])

        Differences are those of ``HuberLoss``, once its ``delta`` is put in the targets' units:

        >>> loss = torch.nn.HuberLoss(reduction="none", delta=1.345 * 2.0)(y_pred, y_true) / 2.0**2
        >>> nll = huber_negative_log_likelihood(y_true, y_pred, scale=2.0, reduction="none")
        >>> nll - loss
        tensor([1.6717, 1.6717])

    Source: :cite:p:`huber1964`.
    """
    true, pred = check_pair(y_true, y_pred)
    s = check_positive("scale", scale, pred)
    k = float(check_positive("threshold", check_number("threshold", threshold), pred))
    z = (true - pred) / s
    rho = nn.functional.huber_loss(z, torch.zeros_like(z), reduction="none", delta=k)
    centre = math.sqrt(2.0 * math.pi) * math.erf(k / math.sqrt(2.0))
    log_normaliser = math.log(centre + 2.0 / k * math.exp(-0.5 * k * k))
    return reduce_terms(rho + (log_of(s) + log_normaliser), reduction)
