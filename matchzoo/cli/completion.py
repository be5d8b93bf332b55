"""The command matchzoo completion: a script by which bash, zsh or fish complete commands, options and names.

The names of recipes and cards are written into the script, so that a Tab starts no process.
"""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import tyro

from matchzoo.cli.usage import COMMANDS, USAGE, choices_of, options_of, takes_overrides
from matchzoo.core import shipped

FILES = "files"
"""Stands for names of files, which the shell knows."""
DEVICES = "auto cpu cuda mps"
TRAINER = {"trainer.steps": "", "trainer.seed": "", "trainer.device": DEVICES}
"""Fields of every recipe that are overridden the most."""
WORDS = {
    ("evaluate", "backbone"): "{backbones}",
    ("evaluate", "data"): "{datasets}",
    ("evaluate", "protocol"): "converged paper ridge k-nn nearest-centroid",
    ("evaluate", "baselines"): "random centroid full",
    ("evaluate", "inherit"): "{backbones}",
    ("evaluate", "device"): DEVICES,
    ("ratio", "method"): "ulsif rulsif kliep classifier kernel-mean-matching gaussian kernel-density nearest-neighbor",
    ("transport", "method"): "sinkhorn exact unbalanced sparse",
    ("adapt", "method"): "coral linear-transport transport means mmd-location-scale subspace-alignment "
    "transfer-components transfer-joint-matching principal-components label-propagation "
    "reweight ulsif rulsif kliep classifier kernel-mean-matching gaussian kernel-density nearest-neighbor none",
    ("pull", "card"): FILES,
    ("doctor", "fetch"): "{backbones}",
    ("doctor", "verify"): "{backbones}",
    ("doctor", "clear"): "images features all",
}
"""What may follow an option whose type does not say it."""
NAMES = {
    "list": "{recipes} {cards}",
    "show": "{recipes} {cards} files",
    "copy": "{recipes} {cards} files",
    "check": "{recipes} files",
    "plan": "{recipes} files",
    "run": "{recipes} files",
    "pull": "{distilled}",
    "completion": "bash zsh fish",
    "doctor": "",
    "schema": "",
}
"""What is named without an option; files where nothing is said."""

BASH = """# completion of matchzoo for bash: eval "$(matchzoo completion bash)"
_matchzoo() {
    local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" words=
    if ((COMP_CWORD == 1)); then
        words="@commands --help --version"
    else
        case "${COMP_WORDS[1]}:$before" in
@values
        *) case "${COMP_WORDS[1]}:$word" in
@options
@names
            esac ;;
        esac
    fi
    COMPREPLY=($(compgen -W "${words%files}" -- "$word"))
    if [[ $words == *files ]]; then COMPREPLY+=($(compgen -f -- "$word")); compopt -o filenames 2>/dev/null; fi
}
complete -F _matchzoo matchzoo
"""
ZSH = """#compdef matchzoo
# completion of matchzoo for zsh: eval "$(matchzoo completion zsh)", after compinit
_matchzoo() {
    local words_=
    local -a known=(
@described
    )
    if (( CURRENT == 2 )); then _describe command known; return; fi
    case "$words[2]:$words[CURRENT-1]" in
@values
    *) case "$words[2]:$words[CURRENT]" in
@options
@names
        esac ;;
    esac
    compadd -- ${=words_%files}
    if [[ $words_ == *files ]]; then _files; fi
}
compdef _matchzoo matchzoo
"""


def completion(
    shell: Annotated[Literal["bash", "zsh", "fish"], tyro.conf.Positional, tyro.conf.arg(metavar="SHELL")],
) -> None:
    """Print a script that completes commands, options and the names of recipes and cards.

    matchzoo completion bash

    bash, in ~/.bashrc: eval "$(matchzoo completion bash)"; zsh, in ~/.zshrc after compinit:
    eval "$(matchzoo completion zsh)"; fish: matchzoo completion fish > ~/.config/fish/completions/matchzoo.fish

    Args:
        shell: bash, zsh or fish.
    """
    summaries = dict(re.findall(r"^  matchzoo (\S+) .*?  +(.+)$", USAGE, re.M))
    print(script(shell, summaries), end="")


def options() -> dict[str, dict[str, str | None]]:
    """The options of every command, and what may follow each: words, any value (empty), or nothing, for a switch."""
    words: dict[str, dict[str, str | None]] = {}
    for command in COMMANDS:
        options = {option: _words(command, option, hint) for option, hint in options_of(command).items()}
        words[command] = {**options, **TRAINER} if takes_overrides(command) else options
    return words


def _words(command: str, option: str, hint: Any) -> str | None:
    if hint is bool:
        return None
    if (command, option) in WORDS:
        return WORDS[command, option]
    return " ".join(choices_of(hint)) or (FILES if "Path" in str(hint) or option == "class-names" else "")


def script(shell: str, summaries: Mapping[str, str]) -> str:
    """The script for a shell; ``summaries`` are the commands, each with what it does."""
    known, of_commands = _known(), options()
    values = {
        (command, option): words.format_map(known)
        for command, own in of_commands.items()
        for option, words in own.items()
        if words is not None
    }
    names = {command: NAMES.get(command, FILES).format_map(known) for command in of_commands}
    if shell == "fish":
        return _fish(summaries, of_commands, values, names)
    variable = "words" if shell == "bash" else "words_"
    lines = {
        "commands": " ".join(of_commands),
        "described": "\n".join(f"        {_quoted(f'{name}:{text}')}" for name, text in summaries.items()),
        "values": "\n".join(f"        {c}:--{o}) {variable}={_quoted(words)} ;;" for (c, o), words in values.items()),
        "options": "\n".join(
            f"            {command}:-*) {variable}={_quoted(' '.join(f'--{o}' for o in ('help', *own)))} ;;"
            for command, own in of_commands.items()
        ),
        "names": "\n".join(f"            {c}:*) {variable}={_quoted(words)} ;;" for c, words in names.items()),
    }
    return re.sub(
        r"@(commands|described|values|options|names)\b", lambda m: lines[m[1]], BASH if shell == "bash" else ZSH
    )


def _fish(
    summaries: Mapping[str, str],
    of_commands: Mapping[str, Mapping[str, str | None]],
    values: Mapping[tuple[str, str], str],
    names: Mapping[str, str],
) -> str:
    lines = ["# completion of matchzoo for fish: matchzoo completion fish > ~/.config/fish/completions/matchzoo.fish"]
    for command, text in summaries.items():
        lines.append(f"complete -c matchzoo -n __fish_use_subcommand -f -a {command} -d {_quoted(text, fish=True)}")
    for command, own in of_commands.items():
        head = f"complete -c matchzoo -n '__fish_seen_subcommand_from {command}'"
        words = names[command]
        lines.append(f"{head} {'' if words.endswith(FILES) else '-f '}-a '{words.removesuffix(FILES).strip()}'")
        for option in own:
            expected = values.get((command, option))
            follows = {None: "", FILES: " -r", "": " -x"}.get(expected, f" -x -a '{expected}'")
            lines.append(f"{head} -l {option}{follows}")
    return "\n".join(lines) + "\n"


def _known() -> dict[str, str]:
    """Names of recipes and cards, cards without their folder where that says which."""
    folders = {folder: shipped.names(f"zoo/{folder}") for folder in ("backbones", "datasets", "distilled")}
    count = Counter(name for names in folders.values() for name in names)
    cards = {f: [n if count[n] == 1 else f"{f}/{n}" for n in names] for f, names in folders.items()}
    known = {
        "recipes": shipped.names("recipes"),
        "cards": [name for names in cards.values() for name in names],
        **cards,
    }
    return {kind: " ".join(names) for kind, names in known.items()}


def _quoted(text: str, fish: bool = False) -> str:
    """A word in single quotes."""
    return "'" + text.replace("'", "\\'" if fish else "'\\''") + "'"
