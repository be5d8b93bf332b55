"""Golden values of paths, fields, scores and solvers."""

import pytest
import torch


@pytest.fixture(scope="module")
def transport(golden) -> dict[str, torch.Tensor]:
    """Arrays of transport.npz whose names begin with fm, field, ode or score."""
    values = golden("transport.npz")
    return {key: torch.from_numpy(values[key]) for key in values if key.startswith(("fm", "field", "ode", "score"))}
