"""Input checks shared by every loss: say no early, say what was given, say what to write."""

import math
from numbers import Integral, Real
from typing import Literal, TypeAlias, get_args

import torch
from torch import Tensor

Reduction: TypeAlias = Literal["none", "mean", "sum"]


def check_tensor(name: str, value: object) -> Tensor:
    """Return a floating-point, non-empty tensor; float16 and bfloat16 become float32."""
    if value is None:
        raise TypeError(f"{name} is None: pass a tensor of floating-point numbers")
    if not isinstance(value, Tensor):
        raise TypeError(
            f"{name} must be a torch.Tensor, got {type(value).__name__}: "
            f"write torch.as_tensor({name}, dtype=torch.float64)"
        )
    if value.is_complex():
        raise TypeError(
            f"{name} must be real, got dtype {value.dtype}: write {name}.real or {name}.abs()"
        )
    if not value.is_floating_point():
        raise TypeError(
            f"{name} must be floating point, got dtype {value.dtype}: "
            f"write {name}.to(torch.float32)"
        )
    if value.numel() == 0:
        raise ValueError(
            f"{name} is empty (shape {tuple(value.shape)}): at least one element is needed"
        )
    return value.float() if value.dtype in (torch.float16, torch.bfloat16) else value


def check_same(name: str, value: Tensor, other_name: str, other: Tensor) -> None:
    """Raise unless two tensors have the same shape, dtype and device: nothing is broadcast."""
    if value.shape != other.shape:
        raise ValueError(
            f"{name} has shape {tuple(value.shape)} but {other_name} has shape "
            f"{tuple(other.shape)}; shapes must be equal, nothing is broadcast"
            + _shape_hint(name, value.shape, other_name, other.shape)
        )
    check_dtype_and_device(name, value, other_name, other)


def check_dtype_and_device(name: str, value: Tensor, other_name: str, other: Tensor) -> None:
    """Raise unless two tensors have the same dtype and live on the same device."""
    if value.dtype != other.dtype:
        raise TypeError(
            f"{name} has dtype {value.dtype} but {other_name} has dtype {other.dtype}: "
            f"write {name}.to({other_name}.dtype) or {other_name}.to({name}.dtype)"
        )
    if value.device != other.device:
        raise ValueError(
            f"{name} is on device {value.device} but {other_name} is on device {other.device}: "
            f"write {name}.to({other_name}.device)"
        )


def check_pair(y_true: object, y_pred: object) -> tuple[Tensor, Tensor]:
    """Return targets and predictions, both checked, as tensors of one shape, dtype and device."""
    true, pred = check_tensor("y_true", y_true), check_tensor("y_pred", y_pred)
    check_same("y_true", true, "y_pred", pred)
    return true, pred


def check_positive(name: str, value: object, y_pred: Tensor) -> float | Tensor:
    """Return a positive, finite scale: a number, a 0-d tensor or a tensor of ``y_pred``'s shape."""
    if not isinstance(value, Tensor):
        number = check_number(name, value)
        tiny, largest = torch.finfo(y_pred.dtype).tiny, torch.finfo(y_pred.dtype).max
        if not tiny <= number <= largest:
            raise ValueError(f"{name} must be positive and finite in {y_pred.dtype}, got {value}")
        return number
    tensor = check_tensor(name, value)
    if tensor.ndim == 0:
        check_dtype_and_device(name, tensor, "y_pred", y_pred)
    else:
        check_same(name, tensor, "y_pred", y_pred)
    values = tensor.detach()
    if not bool(((values > 0) & (values < math.inf)).all()):
        bad = values[~((values > 0) & (values < math.inf))].flatten()
        raise ValueError(
            f"{name} must be positive and finite, got {bad[0].item()} "
            f"({bad.numel()} of {values.numel()} values are not); "
            f"to learn it, let a parameter hold its logarithm and pass log_{name}.exp()"
        )
    return tensor


def check_number(name: str, value: object) -> float:
    """Return a real Python or NumPy number as a float; a bool is not a number here."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a real number, got {type(value).__name__}: {value!r}")
    return float(value)


def check_count(name: str, value: object, minimum: int = 1) -> int:
    """Return a Python or NumPy whole number of at least ``minimum`` as an int."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be an int, got {type(value).__name__}: {value!r}")
    if int(value) < minimum:
        raise ValueError(f"{name} must be at least {minimum}, got {value}")
    return int(value)


def check_reduction(reduction: object) -> None:
    """Raise unless ``reduction`` is one of PyTorch's three words."""
    if reduction not in get_args(Reduction):
        raise ValueError(f'reduction must be "none", "mean" or "sum", got {reduction!r}')


def reduce_terms(terms: Tensor, reduction: Reduction) -> Tensor:
    """Return the terms themselves, their mean or their sum."""
    if reduction == "none":
        return terms
    return terms.mean() if reduction == "mean" else terms.sum()


def log_of(value: float | Tensor) -> float | Tensor:
    """Return the natural logarithm of a number or of a tensor."""
    return value.log() if isinstance(value, Tensor) else math.log(value)


def _shape_hint(name: str, shape: torch.Size, other_name: str, other: torch.Size) -> str:
    """Say which of ``squeeze`` and ``unsqueeze`` mends (n, 1) against (n,)."""
    if (*shape, 1) == tuple(other):
        return f": write {name}.unsqueeze(-1) or {other_name}.squeeze(-1)"
    if (*other, 1) == tuple(shape):
        return f": write {name}.squeeze(-1) or {other_name}.unsqueeze(-1)"
    return ""
