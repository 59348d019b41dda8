# ./dev soak: the simulations under the sanitizers, again and again, each time from another seed. Before them a million
# requests from Python, and its references counted by Python's debug build.
# The programs of tests/simulation read their first seed from LINNET_SEED. Without LINNET_SEEDS it would be the only
# one, and told in every detail.
# shellcheck shell=bash
dev_soak() {
    local seconds=${1:-600} seed rounds=0 program
    [[ $seconds =~ ^[0-9]+$ ]] || fail "'$seconds' is no number of seconds" "example: ./dev soak 3600"
    need "${packages_unit[@]}"
    configure "$build/asan" -DCMAKE_BUILD_TYPE=Debug -DLINNET_SANITIZE=address,undefined -DLINNET_EXAMPLES=OFF \
        -DLINNET_BENCH=OFF
    compile "$build/asan" linnet_tests
    compgen -G "$build/asan/tests/simulation/*_test" >/dev/null || fail "there is no simulation in tests/simulation yet"
    mkdir -p "$logs"
    soak_python
    seed=$(date +%s)000000
    while [[ $SECONDS -lt $seconds ]]; do
        for program in "$build"/asan/tests/simulation/*_test; do
            LINNET_SEED=$seed LINNET_SEEDS=10000 "$program" >"$logs/soak.log" 2>&1 </dev/null || {
                tail -n 60 "$logs/soak.log"
                fail "$(basename "$program") failed" \
                    "again: LINNET_SEED=$seed LINNET_SEEDS=10000 ${program#"$root"/}" \
                    "one alone, told in every detail: LINNET_SEED= the seed above, without LINNET_SEEDS"
            }
        done
        rounds=$((rounds + 1)) seed=$((seed + 100000))
    done
    say "$rounds rounds in $SECONDS s, none failed"
}

# The extension is built a second time, against the headers of python3-dbg, since only then all references are counted.
soak_python() {
    need "${packages_python_soak[@]}"
    configure "$build"
    compile "$build" linnet_product
    local tree=$build/python-dbg flags
    rm -rf "$tree" && mkdir -p "$tree" && cp -r "$build/python/linnet" "$tree/" && rm "$tree/linnet/_linnet.abi3.so"
    read -ra flags <<<"$(python3-dbg-config --includes)"
    cc -shared -fPIC -O1 -g -std=gnu11 -D_GNU_SOURCE -DPy_LIMITED_API=0x030B0000 "${flags[@]}" -Iinclude \
        bindings/python/linnet/*.c "$build/liblinnet.a" -pthread -Wl,--exclude-libs,ALL -o "$tree/linnet/_linnet.abi3.so"
    PYTHONPATH=$tree python3-dbg tests/python/count_references.py
    PYTHONPATH=$build/python LINNET=$build/linnet LINNET_REQUESTS=1000000 \
        "$python" -m pytest -p no:cacheprovider -q tests/python/test_linnet_leaks.py
}
