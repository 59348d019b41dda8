# ./dev bench: the programs of bench/, optimised, one after the other.
# shellcheck shell=bash
dev_bench() {
    local programs=("$@") name
    compgen -G 'bench/*.c' >/dev/null || fail "there is no benchmark in bench/ yet"
    [[ ${#programs[@]} -gt 0 ]] || mapfile -t programs < <(basename -s .c -a bench/*.c)
    need "${packages_build[@]}"
    configure "$build"
    compile "$build" linnet_bench
    for name in "${programs[@]}"; do
        [[ -x $build/bench/$name ]] || fail "there is no benchmark '$name'" "a benchmark is a file bench/NAME.c"
        say "$name"
        "$build/bench/$name"
    done
}
