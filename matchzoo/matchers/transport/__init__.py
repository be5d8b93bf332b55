"""How far sets are from matching by what it costs to move one to the other."""

from matchzoo.matchers.transport.gromov_wasserstein import GromovWasserstein
from matchzoo.matchers.transport.monge_gap import MongeGap, monge_gap
from matchzoo.matchers.transport.sinkhorn_divergence import SinkhornDivergence, sinkhorn_divergence
from matchzoo.matchers.transport.sliced_wasserstein import SlicedWasserstein
from matchzoo.matchers.transport.transport_cost import TransportCost

__all__ = [
    "GromovWasserstein",
    "MongeGap",
    "SinkhornDivergence",
    "SlicedWasserstein",
    "TransportCost",
    "monge_gap",
    "sinkhorn_divergence",
]
