# What the commands of ./dev share: where things are, how they speak, how they install and build.
# shellcheck shell=bash
root=$PWD
build=$root/build
logs=$build/log
python=/usr/bin/python3 # Debian's, since pytest comes from Debian too
jobs=$(nproc 2>/dev/null || echo 2)
export CMAKE_COLOR_DIAGNOSTICS=OFF LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1

red='' green='' bold='' plain=''
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    red=$'\e[31m' green=$'\e[32m' bold=$'\e[1m' plain=$'\e[0m'
    export CMAKE_COLOR_DIAGNOSTICS=ON
fi

say() { printf '%s%s%s\n' "$bold" "$*" "$plain"; }

# fail MESSAGE [HINT...]: says what is wrong and what to do about it, and ends.
fail() {
    printf '%sdev: %s%s\n' "$red" "$1" "$plain" >&2
    shift
    for hint in "$@"; do printf '     %s\n' "$hint" >&2; done
    exit 1
}

packages_build=(build-essential cmake ninja-build pkg-config libcbor-dev libcjson-dev libpcap-dev libedit-dev
                libgnutls28-dev nettle-dev
                python3 python3-dev)
packages_unit=("${packages_build[@]}" libcmocka-dev)
packages_lwip=("${packages_unit[@]}" liblwip-dev)
packages_peers=("${packages_lwip[@]}" python3 python3-pytest tshark libcoap3-bin iproute2 openssl gnutls-bin)
packages_python=("${packages_peers[@]}" mypy python3-uvloop python3-pip python3-setuptools python3-wheel python3-venv)
packages_python_soak=("${packages_python[@]}" python3-dbg libpython3.11-dbg)
packages_lint=("${packages_unit[@]}" clang clang-format clang-tidy cppcheck shellcheck python3 git)
packages_size=(gcc-arm-none-eabi libnewlib-arm-none-eabi python3)
packages_fuzz=("${packages_build[@]}" clang libclang-rt-14-dev llvm-14)

# need PACKAGE...: installs those that are missing. Costs one dpkg-query when all are there.
need() {
    command -v dpkg-query >/dev/null || {
        command -v cmake >/dev/null && command -v ninja >/dev/null && return 0
        fail "this is no Debian system, so ./dev cannot install what it needs" "install these yourself: $*"
    }
    local installed missing=()
    installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
    for package in $(printf '%s\n' "$@" | sort -u); do
        [[ $'\n'$installed$'\n' == *$'\n'"installed $package"$'\n'* ]] || missing+=("$package")
    done
    [[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
}

# Node and npm may also come from elsewhere than Debian: prints the packages of those that are missing.
node_packages() {
    command -v node >/dev/null || echo nodejs
    command -v npm >/dev/null || echo npm
}

install_packages() {
    local as_root=() log=$logs/apt.log
    if [[ $(id -u) -ne 0 ]]; then
        command -v sudo >/dev/null || fail "missing Debian packages, and neither root nor sudo to install them" \
            "as root: apt-get update && apt-get install --no-install-recommends $*"
        as_root=(sudo)
    fi
    mkdir -p "$logs"
    say "Installing $*"
    "${as_root[@]}" apt-get update >"$log" 2>&1 || true # an old list may do; the install tells
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        -o DPkg::Lock::Timeout=600 "$@" >>"$log" 2>&1 </dev/null && return 0
    tail -n 15 "$log" >&2
    fail "apt-get could not install: $*" "the whole output is in ${log#"$root"/}"
}

# configure FOLDER [CMAKE ARGUMENTS]: a quick no-op when nothing changed.
configure() {
    local tree=$1 output
    shift
    output=$(cmake -S "$root" -B "$tree" -G Ninja -DLINNET_WERROR=ON -DPython3_EXECUTABLE="$python" "$@" 2>&1) && return 0
    printf '%s\n' "$output" | sed -n '/CMake Error/,$p' >&2
    fail "CMake could not configure ${tree#"$root"/}" "./dev clean removes what an earlier configuration left"
}

# compile FOLDER [TARGET...]: ninja's progress on a terminal, else only what went wrong.
compile() {
    local tree=$1
    shift
    if [[ -t 1 ]]; then
        ninja -C "$tree" "$@"
    else
        ninja -C "$tree" --quiet "$@" | sed '/no work to do/d'
    fi || fail "the build failed" "the compiler's messages are above"
}

# source_files PATTERN...: the tracked files and those about to be, one path a line; without git, what lies there.
source_files() {
    if git rev-parse --git-dir >/dev/null 2>&1; then
        git ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do
            [[ ! -f $file ]] || printf '%s\n' "$file"
        done
    else
        local any=(-false) pattern
        for pattern in "$@"; do any+=(-o -path "./$pattern"); done
        find . -not -path './build/*' -type f \( "${any[@]}" \) | sed 's|^\./||'
    fi
}

c_files() { source_files 'src/*.[ch]' 'include/*.h' 'cli/*.[ch]' 'tests/*.[ch]' 'bench/*.[ch]' 'examples/*.[ch]' 'ports/*.[ch]' 'bindings/*.[ch]'; }
