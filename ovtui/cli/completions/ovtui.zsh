#compdef ovtui
# Completion of ovtui for zsh. ovtui itself answers what may follow the line up to the cursor: one word a line, with its
# help behind a tab.
_ovtui() {
    local -a answer whole unfinished whole_shown unfinished_shown layout as_quoted
    local line word shown
    answer=("${(@f)$(_OVTUI_COMPLETE=zsh_complete _OVTUI_LINE="${(j: :)words[1,CURRENT-1]} $QIPREFIX$PREFIX" \
        ${~words[1]} 2>/dev/null)}")
    # Inside quotes compadd quotes; elsewhere it would quote a ~ in front too, so that it is done here.
    [[ $QIPREFIX$PREFIX == [\"\']* ]] || as_quoted=(-Q)
    for line in $answer; do
        word=${line%%$'\t'*}
        shown=$word
        if [[ $line == *$'\t'* ]]; then
            shown="$word  -- ${line#*$'\t'}"
            shown=${shown[1,COLUMNS-1]}
            layout=(-l) # a help needs a line of its own
        fi
        (( $#as_quoted )) && word=${${(q)word}/#\\\~\//\~/}
        # No blank behind a word that goes on: a folder, AUTO:, KEY=.
        if [[ $word == *[/:=] ]]; then
            unfinished+=("$word") unfinished_shown+=("$shown")
        else
            whole+=("$word") whole_shown+=("$shown")
        fi
    done
    (( $#whole )) && compadd -U $as_quoted -V ovtui $layout -d whole_shown -a whole
    (( $#unfinished )) && compadd -U $as_quoted -V ovtui -S '' $layout -d unfinished_shown -a unfinished
    (( $#whole + $#unfinished ))
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _ovtui "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
    compdef _ovtui ovtui
fi
