"""Input checks shared by the functions: refuse early, say what was given and what to write."""

import math
from collections.abc import Callable
from numbers import Integral, Real
from typing import Literal, TypeAlias

import torch
from torch import Tensor

Reduction: TypeAlias = Literal["none", "mean", "sum"]


def check_tensor(name: str, value: object) -> Tensor:
    """Return a real, floating-point, non-empty tensor."""
    if not isinstance(value, Tensor):
        write = f"write torch.as_tensor({name}, dtype=torch.float64)"
        raise TypeError(f"{name} must be a torch.Tensor, got {type(value).__name__}: {write}")
    if value.dtype not in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
        write = f"write {name}.abs()" if value.is_complex() else f"write {name}.to(torch.float32)"
        raise TypeError(f"{name} must be real and floating point, got {value.dtype}: {write}")
    if value.numel() == 0:
        raise ValueError(f"{name} is empty: its shape is {tuple(value.shape)}")
    return value


def working(tensor: Tensor) -> Tensor:
    """Return float16 and bfloat16 tensors in float32, in which they are computed."""
    return tensor.float() if tensor.dtype in (torch.float16, torch.bfloat16) else tensor


def check_type(name: str, value: Tensor, other_name: str, other: Tensor) -> Tensor:
    """Return a tensor of another's working dtype and device."""
    converted = working(value)
    if converted.dtype != working(other).dtype or value.device != other.device:
        said = f"{name} is {value.dtype} on {value.device} but {other_name} is {other.dtype}"
        raise TypeError(f"{said} on {other.device}: write {name}.to({other_name})")
    return converted


def check_same(name: str, value: object, other_name: str, other: Tensor) -> Tensor:
    """Return a tensor of another's shape, working dtype and device: nothing is broadcast."""
    tensor = check_tensor(name, value)
    shape, wanted = tuple(tensor.shape), tuple(other.shape)
    if shape != wanted:
        write = ""
        if (*shape, 1) == wanted:
            write = f": write {name}.unsqueeze(-1) or {other_name}.squeeze(-1)"
        elif (*wanted, 1) == shape:
            write = f": write {name}.squeeze(-1) or {other_name}.unsqueeze(-1)"
        elif name != "y_true" and shape == wanted[-len(shape) :]:
            write = f": for one value per column write {name}.expand_as({other_name})"
        said = f"{name} has shape {shape} but {other_name} has shape {wanted}"
        raise ValueError(f"{said}; shapes must be equal, nothing is broadcast{write}")
    return check_type(name, tensor, other_name, other)


def check_pair(y_true: object, y_pred: object) -> tuple[Tensor, Tensor]:
    """Return targets and predictions of one shape, dtype and device."""
    pred = check_tensor("y_pred", y_pred)
    return check_same("y_true", y_true, "y_pred", pred), working(pred)


def check_positive(name: str, value: object, y_pred: Tensor) -> float | Tensor:
    """Return a positive number, 0-d tensor or tensor of ``y_pred``'s shape whose square is finite."""
    limits = torch.finfo(y_pred.dtype)
    low, high = math.sqrt(limits.tiny), math.sqrt(limits.max)
    rule = f"{name} must lie between {low:.2g} and {high:.2g} in {y_pred.dtype}"
    if not isinstance(value, Tensor):
        number = check_number(name, value)
        if not low <= number <= high:
            raise ValueError(f"{rule}, got {value}")
        return number
    check = check_same if value.ndim > 0 else check_type
    scale = check(name, check_tensor(name, value), "y_pred", y_pred)
    if holds(scale, lambda values: ~((values >= low) & (values <= high)).all()):
        learn = f"to learn it, let a parameter hold its logarithm and pass log_{name}.exp()"
        raise ValueError(f"{rule}, got {scale.min():.3g} to {scale.max():.3g}; {learn}")
    return scale


def holds(tensor: Tensor, condition: Callable[[Tensor], Tensor]) -> bool:
    """Whether a condition holds, where values may be read: on the CPU, not compiled or vmapped."""
    if tensor.device.type != "cpu" or torch.compiler.is_compiling():
        return False
    try:
        return bool(condition(tensor))
    except RuntimeError:  # what vmap raises where values are read
        return False


def check_number(name: str, value: object) -> float:
    """Return a Python or NumPy number as a float; a bool is not a number here."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a real number, got {type(value).__name__}: {value!r}")
    try:
        return float(value)
    except OverflowError:  # an int beyond float64, out of every range
        return math.inf


def check_count(name: str, value: object) -> int:
    """Return a positive Python or NumPy whole number as an int."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be an int, got {type(value).__name__}: {value!r}")
    if int(value) < 1:
        raise ValueError(f"{name} must be at least 1, got {value}")
    return int(value)


def reduce_terms(terms: Tensor, reduction: Reduction) -> Tensor:
    """Return the terms themselves, their mean or their sum."""
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f'reduction must be "none", "mean" or "sum", got {reduction!r}')
    if reduction == "none":
        return terms
    return terms.mean() if reduction == "mean" else terms.sum()


def log_of(value: float | Tensor) -> float | Tensor:
    """Return the natural logarithm of a number or of a tensor."""
    return value.log() if isinstance(value, Tensor) else math.log(value)
