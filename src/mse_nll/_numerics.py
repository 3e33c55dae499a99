"""Numerical tools that PyTorch lacks: accurate products, a gamma ratio, the Student-t quantile."""

import math

import torch
from torch import Tensor


def accurate_product(matrix: Tensor, vector: Tensor) -> Tensor:
    """Return matrix @ vector as if computed with 106 bits and rounded (Ogita, Rump, Oishi 2005)."""
    terms, errors = two_product(matrix, vector)
    error = errors.sum(dim=1)
    while terms.shape[1] > 1:
        if terms.shape[1] % 2:
            terms = torch.cat([terms, torch.zeros_like(terms[:, :1])], dim=1)
        left, right = terms.chunk(2, dim=1)
        terms = left + right
        shadow = terms - left
        error = error + ((left - (terms - shadow)) + (right - shadow)).sum(dim=1)
    return terms[:, 0] + error


def two_product(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Return the rounded product and its exact rounding error (Dekker 1971)."""
    product = a * b
    a_high, b_high = (134217729.0 * v - (134217729.0 * v - v) for v in (a, b))  # 2**27 + 1
    a_low, b_low = a - a_high, b - b_high
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def student_t_quantile(level: float, degrees_of_freedom: int) -> float:
    """Return t with P(|T| <= t) = level, by Newton's method on the logarithms of tail and t."""
    nu, half, tail = float(degrees_of_freedom), 0.5 * degrees_of_freedom, 1.0 - level
    half_tensor = torch.tensor(half, dtype=torch.float64)
    log_beta = 0.5 * math.log(math.pi) - float(log_gamma_ratio(half_tensor))
    t = math.sqrt(2.0) * float(torch.erfinv(torch.tensor(level, dtype=torch.float64)))
    for _ in range(50):
        ratio = t * t / nu
        x, log_rest = ratio / (1.0 + ratio), -math.log1p(ratio)
        front = math.exp(half * log_rest + 0.5 * math.log(x) - log_beta)
        if 1.0 - x < (half + 1.0) / (half + 2.5):
            probability = front / half * _beta_fraction(half, 0.5, 1.0 / (1.0 + ratio))
        else:
            probability = 1.0 - 2.0 * front * _beta_fraction(0.5, half, x)
        slope = 2.0 * front / probability  # -d log P(|T| > t) / d log t
        step = math.log(probability / tail) / slope
        t *= math.exp(step)
        if abs(step) < 1e-14:
            break
    return t


def _beta_fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction of the incomplete beta function, by Lentz's method."""
    c, d = 1.0, 1.0 / (1.0 - (a + b) * x / (a + 1.0))
    value, m, change = d, 0, 0.0
    while abs(change - 1.0) > 1e-16:
        m += 1
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        change = 1.0
        for numerator in (even, odd):
            d = 1.0 / (1.0 + numerator * d)
            c = 1.0 + numerator / c
            change *= c * d
        value *= change
    return value


def log_gamma_ratio(a: Tensor) -> Tensor:
    r"""Return :math:`\log\Gamma(a + 1/2) - \log\Gamma(a)`, by a series where they would cancel."""
    direct = torch.lgamma(a + 0.5) - torch.lgamma(a)
    series = 0.5 * a.log() - 1 / (8 * a) + 1 / (192 * a**3) - 1 / (640 * a**5)
    return torch.where(a < 64.0, direct, series)
