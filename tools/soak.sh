# ./dev soak: the simulations under the sanitizers, again and again, each time from another seed. Before them the threads
# of a module hammer it for a minute under ThreadSanitizer, and those of Python for another, in Python's debug build.
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
    soak_coap $((seconds < 60 ? seconds : 60))
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

# network.Coap in Python's debug build: rounds of everything, after which no reference may be left, then threads that use
# one module as fast as they can. The extension is built a second time, so that its references are counted too.
soak_coap() {
    need "${packages_build[@]}" python3-dbg
    configure "$build"
    compile "$build" linnet_product
    local tree=$build/python-coap headers
    headers=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
    rm -rf "$tree" && mkdir -p "$tree"
    cp -r "$build/python/network" "$tree/" && rm "$tree/network/_network.abi3.so"
    cc -shared -fPIC -O1 -g -std=gnu11 -D_GNU_SOURCE= -DPy_LIMITED_API=0x030B0000 -DPy_REF_DEBUG -Iinclude -I"$headers" \
        bindings/python/network/*.c "$build/liblinnet.a" -pthread -Wl,--exclude-libs,ALL -o "$tree/network/_network.abi3.so"
    soak_coap_program "$tree" cycles.py 100
    soak_coap_program "$tree" hammer.py "$1"
}

soak_coap_program() {
    PYTHONPATH=$1 python3-dbg -X dev "tests/python/$2" "$3" >"$logs/soak.log" 2>&1 </dev/null || {
        tail -n 60 "$logs/soak.log"
        fail "tests/python/$2 failed" "again: PYTHONPATH=${1#"$root"/} python3-dbg -X dev tests/python/$2 $3"
    }
    say "$2: $(cat "$logs/soak.log")"
}

soak_threads() {
    configure "$build/tsan" -DCMAKE_BUILD_TYPE=Debug -DLINNET_SANITIZE=thread -DLINNET_EXAMPLES=OFF -DLINNET_BENCH=OFF
    compile "$build/tsan" linnet_threads_tests
    LINNET_SOAK_MS=$(($1 * 1000)) setarch -R "$build/tsan/tests/unit/module_threads_test" >"$logs/soak.log" 2>&1 </dev/null || {
        tail -n 60 "$logs/soak.log"
        fail "module_threads_test failed" "again: LINNET_SOAK_MS=$(($1 * 1000)) build/tsan/tests/unit/module_threads_test"
    }
}
