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
from matchzoo.projectors.layers import layer_features
from matchzoo.projectors.learned import Learned
from matchzoo.projectors.mix_style import MixStyle, mix_styles
from matchzoo.projectors.outer_product import OuterProduct, outer_product
from matchzoo.projectors.projector import Projector
from matchzoo.projectors.softmax import Softmax
from matchzoo.projectors.stack import Stack
from matchzoo.projectors.standardized import Standardized
from matchzoo.projectors.tied import Tied

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
    "MixStyle",
    "OuterProduct",
    "PrincipalComponents",
    "Projector",
    "Recoloring",
    "Softmax",
    "Stack",
    "Standardized",
    "SubspaceAlignment",
    "Tied",
    "TransferComponents",
    "TransferJointMatching",
    "TransportMap",
    "align_subspaces",
    "follow_average",
    "layer_features",
    "linear_transport",
    "match_locations",
    "mix_styles",
    "mmd_location_scale",
    "outer_product",
    "principal_axes",
    "recolor",
    "transfer_components",
    "transfer_joint_matching",
    "transport_map",
]
