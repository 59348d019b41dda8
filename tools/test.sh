# ./dev test: runs the parts of tools/part.sh, two at a time, and adds up what they count.
# shellcheck shell=bash
all_parts=(build unit threads run install size lint interop conformance python)
declare -A part_of_process=() started_at=()
finished=()
shown=false # whether the output of the one part that runs is on the terminal already

dev_test() {
    local parts=("$@") part
    [[ ${#parts[@]} -gt 0 ]] || parts=("${all_parts[@]}")
    for part in "${parts[@]}"; do
        [[ " ${all_parts[*]} " == *" $part "* ]] || fail "there is no part '$part'" "parts: ${all_parts[*]}"
    done
    mkdir -p "$logs"
    install_for_parts "${parts[@]}"
    trap stop_parts INT TERM
    run_parts "${parts[@]}"
    summary
}

# All at once and first, so that two parts do not wait for each other's apt-get.
install_for_parts() {
    local wanted=("${packages_build[@]}") part
    for part in "$@"; do
        case $part in
            build) wanted+=("${packages_lwip[@]}") ;;
            unit | threads) wanted+=("${packages_unit[@]}") ;;
            interop | conformance) mapfile -t -O "${#wanted[@]}" wanted < <(printf '%s\n' "${packages_peers[@]}" && node_packages) ;;
            python) mapfile -t -O "${#wanted[@]}" wanted < <(printf '%s\n' "${packages_python[@]}" && node_packages) ;;
            size) wanted+=("${packages_size[@]}") ;;
            lint) wanted+=("${packages_lint[@]}") ;;
        esac
    done
    need "${wanted[@]}"
    [[ ! " $* " =~ " "(interop|conformance|python)" " ]] || (install_peers) || true # interop will fail then
}

# The npm peers, at the versions of tests/interop/package.json. No lock file: it would name a host.
install_peers() {
    local folder=$build/npm log=$logs/npm.log
    if cmp -s tests/interop/package.json "$folder/installed.json"; then return 0; fi
    say "Installing the npm packages of tests/interop/package.json"
    rm -rf "$folder" && mkdir -p "$folder"
    cp tests/interop/package.json "$folder/package.json"
    (cd "$folder" && npm install --no-package-lock --no-audit --no-fund --ignore-scripts) >"$log" 2>&1 </dev/null || {
        tail -n 15 "$log" >&2
        fail "npm could not install the peers" "the whole output is in ${log#"$root"/}"
    }
    cp tests/interop/package.json "$folder/installed.json"
}

# `build` goes first and alone, since others run what it makes. One part by itself shows its output as it comes.
run_parts() {
    local queue=("$@") process
    if [[ $# -eq 1 ]]; then
        shown=true
        start_part "$1"
        finish_part || true
        return
    fi
    if [[ $1 == build ]]; then
        start_part build
        finish_part || return 0 # all others would only say the same
        queue=("${@:2}")
    fi
    while [[ ${#queue[@]} -gt 0 || ${#part_of_process[@]} -gt 0 ]]; do
        if [[ ${#queue[@]} -gt 0 && ${#part_of_process[@]} -lt 2 ]]; then
            start_part "${queue[0]}"
            queue=("${queue[@]:1}")
        else
            finish_part || true
        fi
    done
}

# Each part is a process group of its own, so that Ctrl-C can end it whole.
start_part() {
    local part=$1
    rm -f "$logs/$part.count"
    set -m
    if $shown; then
        ./dev part "$part" </dev/null > >(tee "$logs/$part.log") 2>&1 &
    else
        printf '%-12s started\n' "$part"
        ./dev part "$part" </dev/null >"$logs/$part.log" 2>&1 &
    fi
    set +m
    part_of_process[$!]=$part
    started_at[$part]=$SECONDS
}

finish_part() {
    local process='' status=0 part passed=0 failed=0 skipped=0 seconds
    wait -n -p process || status=$?
    part=${part_of_process[$process]}
    unset "part_of_process[$process]"
    seconds=$((SECONDS - started_at[$part]))
    [[ ! -f $logs/$part.count ]] || read -r passed failed skipped < <(
        awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }' "$logs/$part.count")
    if [[ $status -eq 0 && $((passed + failed)) -eq 0 ]]; then
        echo "$part ran no test, which counts as a failure" >>"$logs/$part.log"
        status=1
    fi
    [[ $status -eq 0 || $failed -gt 0 ]] || failed=1
    finished+=("$part $passed $failed $skipped $seconds")
    if [[ $failed -gt 0 ]]; then
        printf '%s%-12s failed%s after %d s; all of its output: build/log/%s.log\n' "$red" "$part" "$plain" "$seconds" "$part"
        $shown || tail -n 120 "$logs/$part.log" | sed 's/^/  | /'
    else
        printf '%s%-12s passed%s in %d s\n' "$green" "$part" "$plain" "$seconds"
    fi
    [[ $failed -eq 0 ]]
}

stop_parts() {
    trap - INT TERM
    for process in "${!part_of_process[@]}"; do kill -TERM -- "-$process" 2>/dev/null || true; done
    fail "interrupted"
}

# The last line is in the form that CI reads.
summary() {
    local line part passed failed skipped seconds all_passed=0 all_failed=0 all_skipped=0 tail=''
    printf '\n%-12s %8s %8s %8s %8s\n' part passed failed skipped seconds
    for line in "${finished[@]}"; do
        read -r part passed failed skipped seconds <<<"$line"
        printf '%-12s %8d %8d %8d %8d\n' "$part" "$passed" "$failed" "$skipped" "$seconds"
        all_passed=$((all_passed + passed)) all_failed=$((all_failed + failed)) all_skipped=$((all_skipped + skipped))
    done
    printf 'all of it took %d s\n\n' "$SECONDS"
    [[ $all_skipped -eq 0 ]] || tail=", $all_skipped skipped"
    echo "$all_passed passed, $all_failed failed$tail"
    [[ $all_failed -eq 0 ]]
}
