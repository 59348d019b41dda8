# ./dev lint: what a reviewer should not have to look for. Each step prints one line, and its findings when it fails.
# shellcheck shell=bash
lint_steps=(layers files samples format shell gcc clang tidy cppcheck)

dev_lint() {
    local steps=("$@") step status passed=0 failed=0 log
    [[ ${#steps[@]} -gt 0 ]] || steps=("${lint_steps[@]}")
    for step in "${steps[@]}"; do
        [[ " ${lint_steps[*]} " == *" $step "* ]] || fail "there is no lint step '$step'" "steps: ${lint_steps[*]}"
    done
    need "${packages_lint[@]}"
    mkdir -p "$logs" "$build/lint"
    rm -f "$logs/lint.steps"
    for step in "${steps[@]}"; do
        log=$logs/lint-$step.log status=0
        local start=$SECONDS
        (set -e && "lint_$step") >"$log" 2>&1 </dev/null & # a process of its own keeps `set -e` alive inside
        wait $! || status=$?
        if [[ $status -eq 0 ]]; then
            passed=$((passed + 1))
            printf '%sok%s    %-9s %s\n' "$green" "$plain" "$step" "$(tail -n 1 "$log" | cut -c 1-90) ($((SECONDS - start)) s)"
        else
            failed=$((failed + 1))
            printf '%sFAIL%s  %s\n' "$red" "$plain" "$step"
            head -n 100 "$log"
        fi
    done
    echo "$passed $failed" >"$logs/lint.steps"
    [[ $failed -eq 0 ]]
}

lint_layers() { "$python" tools/check_layers.py; }
lint_samples() { "$python" tools/check_samples.py; }

# Lengths of files, and nothing in the tree that ties it to one machine.
lint_files() { source_files '*' | "$python" tools/check_files.py; }

lint_format() {
    local places
    places=$(c_files | xargs -r clang-format --dry-run 2>&1 | sed -n 's/:[0-9:]* warning: .*//p' |
        sort | uniq -c)
    [[ -z $places ]] || { printf 'places  file\n%s\n./dev format mends them\n' "$places" && return 1; }
    echo "as .clang-format says"
}

lint_shell() {
    shellcheck --shell=bash --exclude=SC2034,SC2154 dev tools/*.sh .ci/run
    echo "dev, tools/*.sh, .ci/run"
}

lint_gcc() {
    configure "$build"
    ninja -C "$build" --quiet
    echo "no warning from $(gcc --version | head -n 1)"
}

lint_clang() {
    configure "$build/clang" -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug
    ninja -C "$build/clang" --quiet
    echo "no warning from $(clang --version | head -n 1)"
}

# The analysers do not look at bindings/micropython: it compiles only within a MicroPython tree, whose headers are partly
# made by its build. There it is compiled with that build's warnings as errors.
lint_tidy() {
    configure "$build"
    "$python" tools/tidy.py "$build" "$jobs"
}

lint_cppcheck() {
    mkdir -p "$build/lint/cppcheck"
    cppcheck --quiet --enable=warning,portability,performance --error-exitcode=1 --inline-suppr --std=c11 \
        --suppress=missingIncludeSystem --cppcheck-build-dir="$build/lint/cppcheck" \
        -j "$jobs" -I include -I src -I . -I cli -D__GNUC__ '-D_Noreturn=__attribute__((noreturn))' src cli examples
    cppcheck --version
}
