# Completion of ovtui for bash. ovtui itself answers what may follow the line up to the cursor.
_ovtui() {
    mapfile -t COMPREPLY < <(
        _OVTUI_COMPLETE=bash_complete _OVTUI_LINE="${COMP_LINE:0:COMP_POINT}" _OVTUI_BREAKS="$COMP_WORDBREAKS" \
            "${1/#\~\//$HOME/}" 2>/dev/null
    )
    # No blank behind a word that goes on: a folder, AUTO:, KEY=.
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[/:=] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -F _ovtui ovtui
