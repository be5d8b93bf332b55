"""Networks by name: what is known without torch, and the words for what is not."""

import pytest

from matchzoo.core.errors import MatchZooError
from matchzoo.recipes.network_names import network_tables


def test_names_libraries_and_tables():
    words = ["convnet", "resnet34", "timm:resnet18", '{ kind = "convnet", width = 64, norm = "batch" }']
    assert network_tables(words) == {
        "convnet": {"kind": "convnet"},
        "resnet34": {"kind": "resnet", "depth": 34},
        "timm:resnet18": {"kind": "architecture", "name": "timm:resnet18"},
        "convnet, width 64, norm batch": {"kind": "convnet", "width": 64, "norm": "batch"},
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["convnt"], "unknown network 'convnt'; did you mean 'convnet'.*or a table such as"),
        (["tim:resnet18"], "'tim:resnet18' names no library and architecture; did you mean 'timm'"),
        (["timm:"], "names no library and architecture"),
        (["{ width = 4 }"], "does not say its kind"),
        (["{ width = "], "is not a table"),
        (["mlp", "mlp"], "'mlp' is given twice"),
    ],
)
def test_what_is_no_network_is_told_with_the_nearest_name(words, message):
    with pytest.raises(MatchZooError, match=message):
        network_tables(words)
