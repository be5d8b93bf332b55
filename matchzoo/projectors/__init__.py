"""The space in which samples are compared."""

from matchzoo.projectors.alignment import (
    Alignment,
    DisplacementMap,
    KernelMap,
    LinearMap,
    LinearTransport,
    LocationScale,
    PrincipalComponents,
    Recoloring,
    SubspaceAlignment,
    TransferComponents,
    TransportMap,
    align_subspaces,
    linear_transport,
    match_locations,
    principal_axes,
    recolor,
    transfer_components,
    transport_map,
)
from matchzoo.projectors.auto_encoder import AutoEncoder
from matchzoo.projectors.average import Average, follow_average
from matchzoo.projectors.backbone import Backbone
from matchzoo.projectors.identity import Identity
from matchzoo.projectors.learned import Learned
from matchzoo.projectors.outer_product import OuterProduct, outer_product
from matchzoo.projectors.projector import Projector
from matchzoo.projectors.stack import Stack

__all__ = [
    "Alignment",
    "AutoEncoder",
    "Average",
    "Backbone",
    "DisplacementMap",
    "Identity",
    "KernelMap",
    "Learned",
    "LinearMap",
    "LinearTransport",
    "LocationScale",
    "OuterProduct",
    "PrincipalComponents",
    "Projector",
    "Recoloring",
    "Stack",
    "SubspaceAlignment",
    "TransferComponents",
    "TransportMap",
    "align_subspaces",
    "follow_average",
    "linear_transport",
    "match_locations",
    "outer_product",
    "principal_axes",
    "recolor",
    "transfer_components",
    "transport_map",
]
