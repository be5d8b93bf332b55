"""The space in which samples are compared."""

from matchzoo.projectors.alignment import (
    Alignment,
    DisplacementMap,
    KernelAlignment,
    KernelMap,
    LinearMap,
    LinearTransport,
    LocationScale,
    MMDLocationScale,
    PrincipalComponents,
    Recoloring,
    SubspaceAlignment,
    TransferComponents,
    TransferJointMatching,
    TransportMap,
    align_subspaces,
    linear_transport,
    match_locations,
    mmd_location_scale,
    principal_axes,
    recolor,
    transfer_components,
    transfer_joint_matching,
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
    "KernelAlignment",
    "KernelMap",
    "Learned",
    "LinearMap",
    "LinearTransport",
    "LocationScale",
    "MMDLocationScale",
    "OuterProduct",
    "PrincipalComponents",
    "Projector",
    "Recoloring",
    "Stack",
    "SubspaceAlignment",
    "TransferComponents",
    "TransferJointMatching",
    "TransportMap",
    "align_subspaces",
    "follow_average",
    "linear_transport",
    "match_locations",
    "mmd_location_scale",
    "outer_product",
    "principal_axes",
    "recolor",
    "transfer_components",
    "transfer_joint_matching",
    "transport_map",
]
