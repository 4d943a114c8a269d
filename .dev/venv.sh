# shellcheck shell=sh
# Sourced by the scripts beside it: `ready EXTRA` makes .venv and installs this checkout into it (editable), with the
# extra of pyproject.toml where one is named. It does nothing where that stands already and pyproject.toml is older.
# All words go to stderr; a failure is one sentence and exit code 1.

root=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
venv=$root/.venv
log=$root/.cache/set-up.log

say() { printf 'ovtui: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# The first Python new enough; PYTHON in the environment names another.
find_python() {
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            python=$name
            return
        fi
    done
    found=$("${PYTHON:-python3}" -c 'import platform; print(platform.python_version())' 2>/dev/null) || found=
    die "Python 3.11 or newer is needed; ${PYTHON:-python3} is ${found:-not installed}"
}

# The newest versions with which the tests have run: a release of a type checker, of a library's types or of what draws
# the screens would have them fail on a day on which nothing changed here. Who only runs ovtui gets the newest.
versions=$root/.dev/versions.txt

# A stamp says for which checkout it was made: the scripts in a .venv hold its path and do not survive a move.
is_ready() {
    stamp=$venv/.ready$1
    # shellcheck disable=SC3013 # -nt is not in POSIX; dash, bash and busybox have it
    [ -x "$venv/bin/ovtui" ] && [ -e "$stamp" ] && [ "$(cat "$stamp")" = "$root" ] &&
        ! [ "$root/pyproject.toml" -nt "$stamp" ] && ! { [ "$1" = test ] && [ "$versions" -nt "$stamp" ]; }
}

# Debian and Ubuntu split venv's bundled pip off into python3-venv and forbid pip to install outside a venv, but their
# pip can work inside a venv that holds none (`pip --python`, from pip 22.3), and put a pip of its own there.
make_venv() {
    "$python" -m venv --clear "$venv" >>"$log" 2>&1 && return
    "$python" -m venv --clear --without-pip "$venv" >>"$log" 2>&1 &&
        "$python" -m pip --python "$venv/bin/python" install -q pip >>"$log" 2>&1 && return
    if no_network; then die "$(network_sentence)"; fi
    "$root/.dev/packages" python3-venv && "$python" -m venv --clear "$venv" >>"$log" 2>&1 && return
    die "$python cannot make a virtual environment: install python3-venv, then run this again ($log has its words)"
}

no_network() {
    grep -qiE 'name resolution|name or service not known|establish a new connection|network is unreachable|timed out|ProxyError|connection (refused|reset)' "$log"
}
network_sentence() {
    echo "the package index cannot be reached, and the first run installs from it: check the network, then run this again ($log has pip's words)"
}

# install REQUIREMENT [OPTION...]
install() {
    "$venv/bin/python" -m pip install -q --retries 2 -e "$@" >>"$log" 2>&1 && return
    if no_network; then die "$(network_sentence)"; fi
    reason=$(grep -E '^ *(ERROR|error):' "$log" | tail -n 1) || reason=
    die "pip could not install ovtui: ${reason:-see below} ($log has all its words)"
}

set_up() {
    find_python
    : >"$log"
    # Kept where it works, so that a changed pyproject.toml does not cost a whole new one.
    if [ -e "$venv/.made" ] && [ "$(cat "$venv/.made")" = "$root" ] && "$venv/bin/python" -m pip -V >/dev/null 2>&1; then
        say "bringing .venv up to date"
    else
        say "setting up .venv with $("$python" -V), once; this downloads about 150 MB"
        make_venv
        echo "$root" >"$venv/.made"
    fi
    if [ "$1" = test ]; then install "$root[$1]" -c "$versions"; else install "$root${1:+[$1]}"; fi
    echo "$root" >"$venv/.ready"
    if [ -n "$1" ]; then echo "$root" >"$venv/.ready$1"; fi
}

ready() {
    if is_ready "$1"; then return; fi
    # In a subshell: a redirection that fails ends a POSIX shell.
    (mkdir -p "$root/.cache" && : >>"$log") 2>/dev/null ||
        die "$root cannot be written to, and the first run makes .venv there"
    export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
    # Two first runs at once must not write into one .venv.
    exec 9>"$root/.cache/set-up.lock"
    if command -v flock >/dev/null; then flock 9; fi
    if ! is_ready "$1"; then set_up "$1"; fi
    exec 9>&-
}
