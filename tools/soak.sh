# ./dev soak: the simulations under the sanitizers, again and again, each time from another seed. Before them the threads
# of a module hammer it for a minute under ThreadSanitizer, and those of network.Coap for another in Python's debug build;
# then a million requests by the Python package linnet, its references counted, its tests under the sanitizers.
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
    soak_python
    SECONDS=0 # what follows has the time that was asked for
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

soak_threads() {
    configure "$build/tsan" -DCMAKE_BUILD_TYPE=Debug -DLINNET_SANITIZE=thread -DLINNET_EXAMPLES=OFF -DLINNET_BENCH=OFF
    compile "$build/tsan" linnet_threads_tests
    LINNET_SOAK_MS=$(($1 * 1000)) setarch -R "$build/tsan/tests/unit/module_threads_test" >"$logs/soak.log" 2>&1 </dev/null || {
        tail -n 60 "$logs/soak.log"
        fail "module_threads_test failed" "again: LINNET_SOAK_MS=$(($1 * 1000)) build/tsan/tests/unit/module_threads_test"
    }
}

# network.Coap: rounds of everything, after which no reference may be left, then threads that use one module as fast as
# they can.
soak_coap() {
    need "${packages_python_soak[@]}"
    configure "$build"
    compile "$build" linnet_product
    python_extension network "$build/python-coap" "$(python3-config --includes)" "$build/liblinnet.a" -DPy_REF_DEBUG
    soak_coap_program cycles.py 100
    soak_coap_program hammer.py "$1"
}

soak_coap_program() {
    PYTHONPATH=$build/python-coap python3-dbg -X dev "tests/python/$1" "$2" >"$logs/soak.log" 2>&1 </dev/null || {
        tail -n 60 "$logs/soak.log"
        fail "tests/python/$1 failed" "again: PYTHONPATH=build/python-coap python3-dbg -X dev tests/python/$1 $2"
    }
    say "$1: $(cat "$logs/soak.log")"
}

# The extension is built a second time, against the headers of python3-dbg, since only then all references are counted;
# and a third time, with the library under the sanitizers.
soak_python() {
    need "${packages_python_soak[@]}"
    configure "$build"
    compile "$build" linnet_product
    say "A million requests from Python"
    PYTHONPATH=$build/python LINNET=$build/linnet LINNET_REQUESTS=1000000 pytest_of test_linnet_leaks.py
    say "References counted"
    python_extension linnet "$build/python-dbg" "$(python3-dbg-config --includes)" "$build/liblinnet.a"
    PYTHONPATH=$build/python-dbg python3-dbg tests/python/count_references.py
    say "Under the sanitizers"
    python_extension linnet "$build/python-asan" "$(python3-config --includes)" "$build/asan/liblinnet.a" -fsanitize=address,undefined
    LD_PRELOAD="$(cc -print-file-name=libasan.so) $(cc -print-file-name=libubsan.so)" ASAN_OPTIONS=detect_leaks=0 \
        PYTHONPATH=$build/python-asan LINNET=$build/linnet \
        pytest_of test_linnet_messages.py test_linnet_client.py test_linnet_server.py test_linnet_observe.py
}

pytest_of() { "$python" -m pytest -p no:cacheprovider -q "${@/#/tests/python/}"; }

# python_extension PACKAGE FOLDER INCLUDES [MORE...]: the package in FOLDER, its extension built in one go.
python_extension() {
    local package=$1 tree=$2 includes libraries
    read -ra includes <<<"$3"
    read -ra libraries <<<"$(pkg-config --libs gnutls nettle)"
    rm -rf "$tree" && mkdir -p "$tree"
    cp -r "$build/python/$package" "$tree/" && rm "$tree/$package/_$package.abi3.so"
    cc -shared -fPIC -O1 -g -std=gnu11 -D_GNU_SOURCE= -DPy_LIMITED_API=0x030B0000 "${includes[@]}" -Iinclude \
        bindings/python/"$package"/*.c "${@:4}" "${libraries[@]}" -pthread -Wl,--exclude-libs,ALL \
        -o "$tree/$package/_$package.abi3.so"
}
