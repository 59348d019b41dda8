# ./dev bench: figures, never a verdict. "servers" measures servers over real sockets and writes bench/RESULTS.md; any
# other NAME is the program bench/NAME.c. Words behind a NAME that begin with a dash are its options.
# shellcheck shell=bash
dev_bench() {
    local name options=()
    [[ $# -gt 0 ]] || set -- servers
    need "${packages_build[@]}" python3 libcoap3-bin
    configure "$build"
    compile "$build" linnet_bench linnet_product
    while [[ $# -gt 0 ]]; do
        name=$1 options=()
        shift
        while [[ ${1:-} == -* ]]; do
            options+=("$1")
            shift
            # The value of an option is a word of its own.
            [[ ! ${1:-} =~ ^[0-9.]+$ ]] || { options+=("$1") && shift; }
        done
        say "$name"
        bench_one "$name" "${options[@]}"
    done
}

bench_one() {
    local name=$1
    shift
    if [[ -f bench/$name.py ]]; then
        "$python" "bench/$name.py" "$@"
    else
        [[ -x $build/bench/$name ]] || fail "there is no benchmark '$name'" "a benchmark is a file bench/NAME.c or bench/NAME.py"
        "$build/bench/$name" "$@"
    fi
}
