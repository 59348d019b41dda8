# ./dev size: the core on a Cortex-M3.
# shellcheck shell=bash
dev_size() {
    need "${packages_size[@]}"
    "$python" tools/size.py "$build/size"
}
