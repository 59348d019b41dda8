# ./dev fuzz: each tests/fuzz/fuzz_*.c for some seconds, on from the inputs that earlier runs found.
# tests/fuzz/corpus/NAME/ is the committed start of fuzz_NAME; new inputs are kept in build/fuzz/corpus/fuzz_NAME/.
# shellcheck shell=bash
dev_fuzz() {
    local seconds=60 targets target failed=0
    if [[ ${1:-} =~ ^[0-9]+$ ]]; then
        seconds=$1
        shift
    fi
    compgen -G 'tests/fuzz/fuzz_*.c' >/dev/null || fail "there is no fuzz target in tests/fuzz yet"
    need "${packages_fuzz[@]}"
    configure "$build/fuzz" -DCMAKE_C_COMPILER=clang -DLINNET_FUZZ=ON -DLINNET_COMMAND=OFF -DLINNET_TESTS=OFF \
        -DLINNET_EXAMPLES=OFF -DLINNET_BENCH=OFF
    compile "$build/fuzz" linnet_fuzz
    targets=("$@")
    [[ ${#targets[@]} -gt 0 ]] || mapfile -t targets < <(basename -s .c -a tests/fuzz/fuzz_*.c)
    for target in "${targets[@]}"; do
        [[ -x $build/fuzz/targets/$target ]] || fail "there is no fuzz target '$target'" \
            "a target is a file tests/fuzz/fuzz_NAME.c"
        say "$target for $seconds s"
        fuzz_target "$target" "$seconds" || failed=$((failed + 1))
    done
    [[ $failed -eq 0 ]] || fail "$failed of ${#targets[@]} targets found something" \
        "the inputs are in build/fuzz/findings; give one to build/fuzz/targets/TARGET to see it again"
}

fuzz_target() {
    local found=$build/fuzz/corpus/$1 corpus=() log=$logs/fuzz-$1.log status=0
    mkdir -p "$found" "$build/fuzz/findings" "$logs"
    corpus=("$found")
    [[ ! -d tests/fuzz/corpus/${1#fuzz_} ]] || corpus+=("tests/fuzz/corpus/${1#fuzz_}")
    "$build/fuzz/targets/$1" -max_total_time="$2" -timeout=5 -print_final_stats=1 \
        -artifact_prefix="$build/fuzz/findings/$1-" "${corpus[@]}" >"$log" 2>&1 || status=$?
    if [[ $status -eq 0 ]]; then
        grep -E 'number_of_executed_units|cov:' "$log" | tail -n 2 | cut -c 1-100
    else
        tail -n 40 "$log"
    fi
    return "$status"
}
