# ./dev run: the demo server in the foreground, with two requests that show it answers.
# shellcheck shell=bash
server='' # process id of the demo server, while it runs

dev_run() {
    local check=false bind=()
    while [[ $# -gt 0 ]]; do
        case $1 in
            --check) check=true bind=(--bind 127.0.0.1:0) ;;
            --bind)
                [[ -n ${2:-} ]] || fail "--bind needs an address" "example: ./dev run --bind 127.0.0.1:5700"
                bind=(--bind "$2")
                shift
                ;;
            *) fail "./dev run does not know '$1'" "./dev help lists its arguments" ;;
        esac
        shift
    done
    dev_build_command
    [[ ${#bind[@]} -gt 0 ]] || port_is_free 5683 ||
        fail "UDP port 5683 is in use: another CoAP server runs on this machine" \
            "see which one:    ss -lunp 'sport = 5683'" "or take another:  ./dev run --bind 127.0.0.1:5700"

    trap end_server EXIT
    trap 'exit 130' INT TERM
    start_server "${bind[@]}"
    show discover "$uri"
    show get "$uri/time"
    if $check; then
        stop_server
        say "The server started, answered, and ended in order."
    else
        serve_until_interrupted
    fi
}

dev_build_command() {
    # shellcheck source=tools/build.sh
    . tools/build.sh
    dev_build
}

# /proc lists the ports in hexadecimal; `ss` may not be installed.
port_is_free() {
    local hex
    printf -v hex ':%04X' "$1"
    ! awk -v port="$hex" 'index($2, port) == length($2) - 4 { found = 1 } END { exit !found }' /proc/net/udp*
}

# Starts the server and waits for its line "listening on coap://HOST:PORT"; sets `uri`.
start_server() {
    local log=$logs/serve-$$.log tries
    mkdir -p "$logs"
    server_log=$log
    printf '%s$ build/linnet serve --demo%s%s\n' "$bold" "${*:+ $*}" "$plain"
    : >"$log" # before the server's own process opens it: it may be looked at earlier
    build/linnet serve --demo "$@" </dev/null 2>>"$log" &
    server=$!
    for ((tries = 0; tries < 200; tries++)); do
        uri=$(sed -n 's|.*listening on \(coap://[^ ]*\).*|\1|p;' "$log" | head -n 1)
        [[ -z $uri ]] || break
        kill -0 "$server" 2>/dev/null || break
        sleep 0.05
    done
    cat "$log" >&2
    [[ -n $uri ]] || fail "the server did not start" "its own words are above" \
        "to watch it closer: build/linnet serve --demo --log-level debug"
    uri=${uri/\[::\]/localhost} uri=${uri/0.0.0.0/localhost}
    uri=${uri%/} uri=${uri%:5683}
}

# Shows a command as one would type it, and what it says.
show() {
    printf '\n%s$ build/linnet %s%s\n' "$bold" "$*" "$plain"
    local output
    output=$(build/linnet "$@") || fail "'linnet $*' got no answer it could use"
    [[ -n $output ]] || fail "'linnet $*' printed nothing"
    printf '%s\n' "$output"
}

serve_until_interrupted() {
    printf '\nThe server runs until Ctrl-C. In another terminal, try:  build/linnet get %s/time\n' "$uri"
    local asked=''
    trap 'asked=yes' INT TERM
    tail -n +1 -f --pid="$server" "$server_log" 2>/dev/null | sed -u '/listening on/d' >&2 &
    wait "$server" || true
    [[ -n $asked ]] || fail "the server ended by itself" "its own words are above"
    # Not in the trap: there, wait tells of the signal and not of the server.
    trap '' INT TERM
    printf '\n'
    stop_server
    say "The server has ended."
}

# Asks the server to end, and insists that it does so in order within five seconds.
stop_server() {
    local status=0 id=$server tries
    server=''
    kill -TERM "$id" 2>/dev/null || true
    for ((tries = 0; tries < 100; tries++)); do
        kill -0 "$id" 2>/dev/null || break
        sleep 0.05
    done
    if kill -9 "$id" 2>/dev/null; then fail "the server did not end within 5 seconds of SIGTERM"; fi
    wait "$id" || status=$?
    [[ $status -eq 0 ]] || fail "the server ended with status $status" "see ${server_log#"$root"/}"
    rm -f "$server_log"
}

end_server() {
    [[ -z $server ]] || kill -TERM "$server" 2>/dev/null || true
}
