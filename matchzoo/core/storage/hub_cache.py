"""What of the Hub is in its cache here, without asking a network."""

from pathlib import Path


def cached_file(repo: str, file: str, revision: str | None = None, kind: str = "model") -> Path | None:
    """A file of a repository in the cache of the Hub's client; None if it was not fetched yet.

    Args:
        repo: ``user/name``.
        file: its path in the repository.
        revision: branch, tag or commit; that of ``main`` if not given.
        kind: ``model`` or ``dataset``.

    Raises:
        MatchZooError: a variable of the environment would make the client fail.
    """
    if not _may_be_cached(f"{kind}s--{repo.replace('/', '--')}"):
        return None  # most are not there, and the client takes a third of a second to load

    from matchzoo.core.storage.hub_environment import check_environment

    check_environment(connects=False)
    from huggingface_hub import errors, try_to_load_from_cache

    try:
        cached = try_to_load_from_cache(repo, file, revision=revision, repo_type=kind)
    except errors.HFValidationError:
        return None
    return Path(cached) if isinstance(cached, str) else None


def _may_be_cached(folder: str) -> bool:
    """Whether the client's cache has a folder of that name; true where the environment does not say which cache."""
    try:
        from huggingface_hub import constants
    except ValueError:  # of a variable that the client reads when it is imported
        return True
    return (Path(constants.HF_HUB_CACHE) / folder).is_dir()
