# One part of ./dev test, run in a process of its own by tools/test.sh. A part ends with status 0 when it passed and
# says with `count` how many tests that were.
# shellcheck shell=bash
dev_part() {
    part=$1
    [[ $part == build || $part == run || $part == interop || $part == conformance ]] || renice -n 5 $$ >/dev/null 2>&1 || true
    "part_$part"
}

# count PASSED FAILED [SKIPPED]
count() { echo "$1 $2 ${3:-0}" >>"$logs/$part.count"; }

part_build() {
    ./dev build
    count 1 0
    posix_net
    small_tree linnet_small_tests
    run_ctest "$build/small" --tests-regex 'lwip|module_small'
}

# The sockets of ports/posix: their unit tests, and nothing that only Linux has.
posix_net() {
    local tree=$build/posix
    configure "$tree" -DCMAKE_BUILD_TYPE=Debug -DLINNET_POSIX_NET=ON -DLINNET_COMMAND=OFF -DLINNET_PYTHON=OFF \
        -DLINNET_EXAMPLES=OFF -DLINNET_BENCH=OFF -DLINNET_SANITIZE=address,undefined
    compile "$tree" linnet_tests
    if find "$tree/CMakeFiles/linnet_net.dir" "$tree/CMakeFiles/linnet_module.dir" -name '*.o' -exec nm -u {} + |
        grep -E ' (epoll_|eventfd|recvmmsg|sendmmsg|getifaddrs|mmap|madvise|getrandom|pipe2|accept4)'; then
        fail "LINNET_POSIX_NET uses what only Linux has"
    fi
    count 1 0
    run_ctest "$tree"
}

# The same with the limits of a small device, on lwIP in place of the kernel's sockets: small_tree TARGET...
small_tree() {
    configure "$build/small" -DCMAKE_BUILD_TYPE=Debug -DLINNET_POSIX_NET=ON -DLINNET_SMALL=ON -DLINNET_LWIP=ON \
        -DLINNET_DTLS=OFF -DLINNET_COMMAND=OFF -DLINNET_PYTHON=OFF -DLINNET_EXAMPLES=OFF -DLINNET_BENCH=OFF \
        -DLINNET_SANITIZE=address,undefined
    compile "$build/small" "$@"
}

part_run() {
    ./dev run --check
    count 1 0
}

# Unit tests and simulations under AddressSanitizer and UndefinedBehaviorSanitizer.
part_unit() {
    configure "$build/asan" -DCMAKE_BUILD_TYPE=Debug -DLINNET_SANITIZE=address,undefined -DLINNET_EXAMPLES=OFF \
        -DLINNET_BENCH=OFF
    compile "$build/asan" linnet_tests
    run_ctest "$build/asan"
}

# The tests labelled "threads" under ThreadSanitizer.
part_threads() {
    configure "$build/tsan" -DCMAKE_BUILD_TYPE=Debug -DLINNET_SANITIZE=thread -DLINNET_EXAMPLES=OFF -DLINNET_BENCH=OFF
    compile "$build/tsan" linnet_threads_tests
    run_ctest "$build/tsan" --label-regex threads
}

# Counts cmocka's tests, not programs; a program that crashed counts as one failure.
run_ctest() {
    local tree=$1 status=0 output
    shift
    # ThreadSanitizer of GCC 12 cannot run where the kernel places memory too far apart; fixed addresses help.
    output=$(ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1 \
        setarch -R ctest --test-dir "$tree" --verbose --no-tests=error --parallel "$jobs" "$@" 2>&1) || status=$?
    printf '%s\n' "$output"
    local passed failed
    passed=$(sum_of '\[  PASSED  \]' "$output")
    failed=$(sum_of '\[  FAILED  \]' "$output")
    [[ $status -eq 0 || $failed -gt 0 ]] || failed=1
    count "$passed" "$failed"
    [[ $status -eq 0 ]] || printf '%s\n' "$output" | grep -E '^[0-9]+: +(\[  FAILED|Error|.*error:)|\*\*\*' || true
    return "$status"
}

# The sum of the numbers behind a word: "[  PASSED  ] 12 test(s)."
sum_of() { printf '%s\n' "$2" | sed -n "s/.*$1 \([0-9][0-9]*\) test.*/\1/p" | awk '{ n += $1 } END { print n + 0 }'; }

part_interop() {
    cmp -s tests/interop/package.json "$build/npm/installed.json" || fail "the npm packages are not installed" \
        "./dev test interop installs them; build/log/npm.log says what npm said"
    small_tree lwip_board
    run_pytest tests/interop
}

part_conformance() { run_pytest tests/conformance; }

part_python() {
    configure "$build"
    compile "$build" linnet_product
    PYTHONPATH=$build/python run_pytest tests/python
}

run_pytest() {
    local status=0 output log=$logs/$part.pytest
    LINNET=$build/linnet LINNET_BUILD=$build LINNET_NODE_MODULES=$build/npm/node_modules \
        "$python" -m pytest -p no:cacheprovider -q -rsfE --durations=10 "$1" 2>&1 | tee "$log" || status=$?
    output=$(tail -n 1 "$log")
    count "$(number_of passed "$output")" \
        "$(($(number_of failed "$output") + $(number_of 'errors\?' "$output")))" "$(number_of skipped "$output")"
    return "$status"
}

# 12 from "12 passed, 1 failed in 3.20s"
number_of() {
    local number
    number=$(printf '%s\n' "$2" | sed -n "s/.*[^0-9]\([0-9][0-9]*\) $1.*/\1/p;s/^\([0-9][0-9]*\) $1.*/\1/p" | head -n 1)
    echo "${number:-0}"
}

part_size() {
    ./dev size
    count 1 0
}

part_lint() {
    local status=0
    ./dev lint || status=$?
    read -r passed failed <"$logs/lint.steps"
    count "$passed" "$failed"
    return "$status"
}

# What a packager and a user of the library see: install into an empty prefix, then use it from there.
part_install() {
    local prefix=$build/install-test/prefix header
    configure "$build"
    compile "$build" linnet_product
    rm -rf "$build/install-test" && mkdir -p "$build/install-test"
    cmake --install "$build" --prefix "$prefix" >"$logs/install.files"
    count 1 0

    local pc
    pc=$(dirname "$(find "$prefix" -name linnet.pc)")
    export PKG_CONFIG_PATH=$pc
    local flags
    read -ra flags <<<"$(pkg-config --cflags --libs linnet)"
    for example in examples/*.c; do
        cc -std=c11 -Wall -Wextra -Wpedantic -Werror "$example" "${flags[@]}" \
            -o "$build/install-test/$(basename "$example" .c)"
        echo "ok: $example compiles with pkg-config linnet"
        count 1 0
    done
    for header in include/linnet.h include/linnet/*.h; do
        cc -std=c11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c "$prefix/$header" -I "$prefix/include"
        c++ -std=c++17 -Wall -Wextra -Werror -fsyntax-only -x c++ "$prefix/$header" -I "$prefix/include"
        count 1 0
    done
    echo "ok: each header compiles by itself, as C11 and as C++17"

    cmake -S tools/install_test -B "$build/install-test/cmake" -G Ninja -DCMAKE_PREFIX_PATH="$prefix"
    ninja -C "$build/install-test/cmake" --quiet
    echo "ok: find_package(linnet) gives a shared and a static library"
    count 1 0
    "$prefix/bin/linnet" --version
    count 1 0
}
