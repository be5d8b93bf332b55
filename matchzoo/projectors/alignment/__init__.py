"""Maps that are fitted in closed form to two sets, after which the sets are alike: shallow domain adaptation."""

from matchzoo.projectors.alignment.alignment import Alignment, DisplacementMap, KernelMap, LinearMap
from matchzoo.projectors.alignment.kernel_alignment import KernelAlignment
from matchzoo.projectors.alignment.linear_transport import LinearTransport, linear_transport
from matchzoo.projectors.alignment.location_scale import LocationScale, match_locations
from matchzoo.projectors.alignment.mmd_location_scale import MMDLocationScale, mmd_location_scale
from matchzoo.projectors.alignment.principal_components import PrincipalComponents, principal_axes
from matchzoo.projectors.alignment.recoloring import Recoloring, recolor
from matchzoo.projectors.alignment.subspace_alignment import SubspaceAlignment, align_subspaces
from matchzoo.projectors.alignment.transfer_components import TransferComponents, transfer_components
from matchzoo.projectors.alignment.transfer_joint_matching import TransferJointMatching, transfer_joint_matching
from matchzoo.projectors.alignment.transport_map import TransportMap, transport_map

__all__ = [
    "Alignment",
    "DisplacementMap",
    "KernelAlignment",
    "KernelMap",
    "LinearMap",
    "LinearTransport",
    "LocationScale",
    "MMDLocationScale",
    "PrincipalComponents",
    "Recoloring",
    "SubspaceAlignment",
    "TransferComponents",
    "TransferJointMatching",
    "TransportMap",
    "align_subspaces",
    "linear_transport",
    "match_locations",
    "mmd_location_scale",
    "principal_axes",
    "recolor",
    "transfer_components",
    "transfer_joint_matching",
    "transport_map",
]
