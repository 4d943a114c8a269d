# Completion of ovtui for fish. ovtui itself answers what may follow the line up to the cursor: one word a line, with its
# help behind a tab.
function __ovtui_complete
    set -l command (commandline -opc)[1]
    _OVTUI_COMPLETE=fish_complete _OVTUI_LINE=(commandline -cp) $command 2>/dev/null
end

complete --command ovtui --no-files --arguments "(__ovtui_complete)"
