# ./dev soak: the simulations under the sanitizers, again and again, each time from another seed. Before them the threads
# of a module hammer it for a minute under ThreadSanitizer, and those of Python for another; then a million requests
# from Python, and its references counted by Python's debug build.
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
    soak_threads $((seconds < 60 ? seconds : 60))
    soak_python $((seconds < 60 ? seconds : 60))
    soak_asyncio
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

# Threads of Python that use one network.Coap as fast as they can.
soak_python() {
    configure "$build"
    compile "$build" linnet_product
    [[ -d $build/python/network ]] || return 0 # without Python's headers
    PYTHONPATH=$build/python "$python" tests/python/hammer.py "$1" >"$logs/hammer.log" 2>&1 || {
        tail -n 60 "$logs/hammer.log"
        fail "tests/python/hammer.py failed" "again: PYTHONPATH=build/python python3 tests/python/hammer.py $1"
    }
    say "network.Coap: $(cat "$logs/hammer.log")"
}

soak_threads() {
    configure "$build/tsan" -DCMAKE_BUILD_TYPE=Debug -DLINNET_SANITIZE=thread -DLINNET_EXAMPLES=OFF -DLINNET_BENCH=OFF
    compile "$build/tsan" linnet_threads_tests
    LINNET_SOAK_MS=$(($1 * 1000)) setarch -R "$build/tsan/tests/unit/module_threads_test" >"$logs/soak.log" 2>&1 </dev/null || {
        tail -n 60 "$logs/soak.log"
        fail "module_threads_test failed" "again: LINNET_SOAK_MS=$(($1 * 1000)) build/tsan/tests/unit/module_threads_test"
    }
}

# The extension is built a second time, against the headers of python3-dbg, since only then all references are counted.
soak_asyncio() {
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
