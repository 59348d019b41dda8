# ./dev clean
# shellcheck shell=bash
dev_clean() {
    rm -rf "$build"
}
