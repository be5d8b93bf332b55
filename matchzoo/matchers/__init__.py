"""How far sets of samples are from matching."""

from matchzoo.matchers.discrepancy import Discrepancy
from matchzoo.matchers.distance import (
    Absolute,
    Cosine,
    Distance,
    Hinge,
    InnerProduct,
    KullbackLeibler,
    RowCosine,
    Squared,
    absolute_distance,
    cosine_distance,
    hinge_distance,
    kl_divergence,
    row_cosine_distance,
    squared_distance,
)
from matchzoo.matchers.gan import GAN, critic_loss, generator_loss
from matchzoo.matchers.induced_probe import InducedProbe, sample_space_probe
from matchzoo.matchers.matcher import Matcher
from matchzoo.matchers.mmd import MMD, mmd2, squared_mmd
from matchzoo.matchers.one_sided import OneSided
from matchzoo.matchers.pairs.consistency import Consistency, ConsistencyGradient, gradient_mismatch
from matchzoo.matchers.pairs.contrastive import contrastive_loss, info_nce
from matchzoo.matchers.pairs.denoising import Denoising, denoising_loss
from matchzoo.matchers.pairs.error_kernel import AbsoluteError, ErrorKernel, ProximalError, SquaredError, proximal_error
from matchzoo.matchers.pairs.field_distance import FieldDistance, field_distance
from matchzoo.matchers.pairs.flow_matching import FlowMatching, flow_matching_loss
from matchzoo.matchers.pairs.graph_matching import GraphMatching, graph_affinities
from matchzoo.matchers.pairs.grounding import Grounding, gaussian_grounding
from matchzoo.matchers.pairs.info_nce import InfoNCE
from matchzoo.matchers.pairs.mixed_correlation import (
    MixedCorrelation,
    Mixture,
    mixed_correlation_loss,
    mixture,
)
from matchzoo.matchers.pairs.paired import Paired, paired_distance
from matchzoo.matchers.pairs.positives import pair_reliability
from matchzoo.matchers.pairs.reconstruction import Reconstruction
from matchzoo.matchers.pairs.subspace_adaptation import (
    SubspaceAdaptation,
    affine_complement,
    subspace_adaptation_loss,
    subspace_residual,
)
from matchzoo.matchers.per_group import PerGroup
from matchzoo.matchers.per_image import PerImage, class_clusters
from matchzoo.matchers.perturbation import perturb, steepness_gradient
from matchzoo.matchers.predictions.classification import Classification
from matchzoo.matchers.predictions.distillation import Distillation, prediction_divergence, ranking_loss, row_rule
from matchzoo.matchers.predictions.entropy import Entropy
from matchzoo.matchers.predictions.invariant_risk import InvariantRisk
from matchzoo.matchers.predictions.logit_adjustment import LogitAdjustment, logit_adjusted_losses
from matchzoo.matchers.predictions.memory_targets import (
    EarlyLearning,
    ProgressiveTarget,
    early_learning_regularizer,
    early_learning_targets,
    progressive_targets,
)
from matchzoo.matchers.predictions.mutual_information import MutualInformation, information_loss
from matchzoo.matchers.ratio import RatioMatcher, f_divergence, pearson, ratio_diagnostics
from matchzoo.matchers.reduction import Pairwise, Reduction, ToConstant, ToMean, ToReference
from matchzoo.matchers.reference import Cache, ClassMeans, Online, Reference, weighted_class_means
from matchzoo.matchers.statistic import StatisticMatcher
from matchzoo.matchers.transport import (
    GromovWasserstein,
    MongeGap,
    SinkhornDivergence,
    SlicedWasserstein,
    TransportCost,
    monge_gap,
    sinkhorn_divergence,
)
from matchzoo.matchers.variation import TotalVariation, total_variation

__all__ = [
    "GAN",
    "MMD",
    "Absolute",
    "AbsoluteError",
    "Cache",
    "ClassMeans",
    "Classification",
    "Consistency",
    "ConsistencyGradient",
    "Cosine",
    "Denoising",
    "Discrepancy",
    "Distance",
    "Distillation",
    "EarlyLearning",
    "Entropy",
    "ErrorKernel",
    "FieldDistance",
    "FlowMatching",
    "GraphMatching",
    "GromovWasserstein",
    "Grounding",
    "Hinge",
    "InducedProbe",
    "InfoNCE",
    "InnerProduct",
    "InvariantRisk",
    "KullbackLeibler",
    "LogitAdjustment",
    "Matcher",
    "MixedCorrelation",
    "Mixture",
    "MongeGap",
    "MutualInformation",
    "OneSided",
    "Online",
    "Paired",
    "Pairwise",
    "PerGroup",
    "PerImage",
    "ProgressiveTarget",
    "ProximalError",
    "RatioMatcher",
    "Reconstruction",
    "Reduction",
    "Reference",
    "RowCosine",
    "SinkhornDivergence",
    "SlicedWasserstein",
    "Squared",
    "SquaredError",
    "StatisticMatcher",
    "SubspaceAdaptation",
    "ToConstant",
    "ToMean",
    "ToReference",
    "TotalVariation",
    "TransportCost",
    "absolute_distance",
    "affine_complement",
    "class_clusters",
    "contrastive_loss",
    "cosine_distance",
    "critic_loss",
    "denoising_loss",
    "early_learning_regularizer",
    "early_learning_targets",
    "f_divergence",
    "field_distance",
    "flow_matching_loss",
    "gaussian_grounding",
    "generator_loss",
    "gradient_mismatch",
    "graph_affinities",
    "hinge_distance",
    "info_nce",
    "information_loss",
    "kl_divergence",
    "logit_adjusted_losses",
    "mixed_correlation_loss",
    "mixture",
    "mmd2",
    "monge_gap",
    "pair_reliability",
    "paired_distance",
    "pearson",
    "perturb",
    "prediction_divergence",
    "progressive_targets",
    "proximal_error",
    "ranking_loss",
    "ratio_diagnostics",
    "row_cosine_distance",
    "row_rule",
    "sample_space_probe",
    "sinkhorn_divergence",
    "squared_distance",
    "squared_mmd",
    "steepness_gradient",
    "subspace_adaptation_loss",
    "subspace_residual",
    "total_variation",
    "weighted_class_means",
]
