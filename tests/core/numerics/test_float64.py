"""matchzoo/precision.py: float64, on the CPU for a device that has none."""

from types import SimpleNamespace

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from matchzoo.core.errors import MatchZooError
from matchzoo.core.numerics.float64 import double
from matchzoo.training.engine import Engine


def test_it_stays_on_a_device_that_has_float64_and_keeps_the_gradient():
    x = torch.rand(3, requires_grad=True)
    wide = double(x)
    assert wide.dtype == torch.float64
    wide.square().sum().backward()
    assert x.grad.equal(2 * x.detach())


def test_it_leaves_one_that_has_none():
    with FakeTensorMode():
        wide = double(torch.empty(3, device="mps"))
    assert (wide.device.type, wide.dtype) == ("cpu", torch.float64)


def test_a_run_in_float64_is_refused_there(monkeypatch):
    state = SimpleNamespace(device=torch.device("mps"), num_processes=1, process_index=0)
    monkeypatch.setattr("matchzoo.training.engine.PartialState", lambda **_: state)
    with pytest.raises(MatchZooError, match="mps has no float64"):
        Engine.start("auto", "float64")
