"""`cyclone completion`: the lines a shell reads so that TAB completes cyclone's words.

The shell asks the command itself, by the protocol of click (COMP_WORDS, COMP_CWORD and
_CYCLONE_COMPLETE in the environment), so what is completed is what the tree holds now.
"""

import click.shell_completion as protocol

SHELLS = ("bash", "zsh", "fish")

# Our own for bash: bash breaks words at ":", which stands in the names of claims; here the line is
# cut at blanks only, and what stands before the last ":" is taken off the replies again. bash finds
# the function by the last part of the command's path: scripts/cyclone is completed as cyclone is.
_BASH = r"""_cyclone_completion() {
    local line=${COMP_LINE:0:COMP_POINT} reply kind value words=()
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    local current=${words[${#words[@]}-1]} colons=
    [[ $current == *:* && ${COMP_WORDBREAKS-} == *:* ]] && colons=${current%"${current##*:}"}
    COMPREPLY=()
    while IFS=, read -r kind value; do
        case $kind in
        dir) compopt -o dirnames 2>/dev/null ;;
        file) compopt -o default 2>/dev/null ;;
        plain) COMPREPLY+=("${value#"$colons"}") ;;
        esac
    done < <(COMP_WORDS="${words[*]}" COMP_CWORD=$((${#words[@]} - 1)) \
        _CYCLONE_COMPLETE=bash_complete "${words[0]}" 2>/dev/null)
}
complete -o nosort -F _cyclone_completion cyclone
"""


def script(shell):
    """The script for a shell; click's own for zsh and fish, which must find cyclone on PATH."""
    if shell == "bash":
        return _BASH.rstrip("\n")
    kind = {"zsh": protocol.ZshComplete, "fish": protocol.FishComplete}[shell]
    names = {"complete_func": "_cyclone_completion", "complete_var": "_CYCLONE_COMPLETE",
             "prog_name": "cyclone"}
    return (kind.source_template % names).strip()
