# ./dev build: the library, the examples and the command.
# shellcheck shell=bash
dev_build() {
    need "${packages_build[@]}"
    configure "$build"
    compile "$build" linnet_product
    [[ -x $build/linnet ]] || fail "there is no command yet: cli/main.c is missing"
    say "build/linnet is ready"
}
