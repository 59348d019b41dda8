# ./dev format: lays out all C files.
# shellcheck shell=bash
dev_format() {
    need "${packages_lint[@]}"
    c_files | xargs -r clang-format -i
}
