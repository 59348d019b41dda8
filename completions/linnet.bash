# Completion of linnet for bash. Written by tools/pages.py.
_linnet_files() {
    mapfile -t COMPREPLY < <(compgen -f -- "$1")
    compopt -o filenames 2>/dev/null # a slash behind folders, quotes around blanks
}
_linnet() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} options=""
    COMPREPLY=()
    if [[ $COMP_CWORD -eq 1 || ( $COMP_CWORD -eq 2 && $before == help ) ]]; then
        mapfile -t COMPREPLY < <(compgen -W "get put post delete fetch patch ipatch observe ping discover shell serve decode help --help --version" -- "$word")
        return
    fi
    case ${COMP_WORDS[1]} in
    get | put | post | delete | fetch | patch | ipatch)
        options="--payload --payload-file --content-format --accept --option --etag --if-match --if-none-match --hop-limit --no-uri-host --token --non --block-size --timeout --retries --local-port --interface --loss --q-block --psk-identity --psk-key --credentials --cert --key --rpk --ca --peer-key --insecure --connection-id --no-connection-id --output --resume --format --verbose --color --help"
        ;;
    observe)
        options="--count --duration --payload --payload-file --content-format --accept --option --etag --if-match --if-none-match --hop-limit --no-uri-host --token --non --block-size --timeout --retries --local-port --interface --loss --psk-identity --psk-key --credentials --cert --key --rpk --ca --peer-key --insecure --connection-id --no-connection-id --observe-exec --output --format --verbose --color --help"
        ;;
    ping)
        options="--count --interval --timeout --local-port --loss --verbose --psk-identity --psk-key --credentials --cert --key --rpk --ca --peer-key --insecure --connection-id --no-connection-id --color --help"
        ;;
    discover)
        options="--format --output --non --timeout --retries --interface --loss --verbose --psk-identity --psk-key --credentials --cert --key --rpk --ca --peer-key --insecure --connection-id --no-connection-id --color --help"
        ;;
    shell)
        options="--color --help"
        ;;
    serve)
        options="--demo --dynamic --bind --join --leisure --psk-identity --psk-key --credentials --psk-hint --cert --key --rpk --ca --peer-key --connection-id --no-connection-id --sessions --amplification --token-size --no-q-block --log-level --log-format --verbose --loss --color --help"
        ;;
    decode)
        options="--port --summary --format --color --help"
        ;;
    esac
    case ${COMP_WORDS[1]}:$before in
    get:-f | get:--payload-file | put:-f | put:--payload-file | post:-f | post:--payload-file | delete:-f | delete:--payload-file | fetch:-f | fetch:--payload-file | patch:-f | patch:--payload-file | ipatch:-f | ipatch:--payload-file | observe:-f | observe:--payload-file)
        _linnet_files "$word"
        return
        ;;
    get:-t | get:--content-format | put:-t | put:--content-format | post:-t | post:--content-format | delete:-t | delete:--content-format | fetch:-t | fetch:--content-format | patch:-t | patch:--content-format | ipatch:-t | ipatch:--content-format | observe:-t | observe:--content-format)
        mapfile -t COMPREPLY < <(compgen -W "text json cbor link-format xml octet-stream" -- "$word")
        return
        ;;
    get:-A | get:--accept | put:-A | put:--accept | post:-A | post:--accept | delete:-A | delete:--accept | fetch:-A | fetch:--accept | patch:-A | patch:--accept | ipatch:-A | ipatch:--accept | observe:-A | observe:--accept)
        mapfile -t COMPREPLY < <(compgen -W "text json cbor link-format xml octet-stream" -- "$word")
        return
        ;;
    get:-b | get:--block-size | put:-b | put:--block-size | post:-b | post:--block-size | delete:-b | delete:--block-size | fetch:-b | fetch:--block-size | patch:-b | patch:--block-size | ipatch:-b | ipatch:--block-size | observe:-b | observe:--block-size)
        mapfile -t COMPREPLY < <(compgen -W "16 32 64 128 256 512 1024" -- "$word")
        return
        ;;
    get:-o | get:--output | put:-o | put:--output | post:-o | post:--output | delete:-o | delete:--output | fetch:-o | fetch:--output | patch:-o | patch:--output | ipatch:-o | ipatch:--output | observe:-o | observe:--output | discover:-o | discover:--output)
        _linnet_files "$word"
        return
        ;;
    get:--format | put:--format | post:--format | delete:--format | fetch:--format | patch:--format | ipatch:--format | observe:--format)
        mapfile -t COMPREPLY < <(compgen -W "pretty raw json" -- "$word")
        return
        ;;
    get:--color | put:--color | post:--color | delete:--color | fetch:--color | patch:--color | ipatch:--color | observe:--color | ping:--color | discover:--color | shell:--color | serve:--color | decode:--color)
        mapfile -t COMPREPLY < <(compgen -W "auto always never" -- "$word")
        return
        ;;
    discover:--format)
        mapfile -t COMPREPLY < <(compgen -W "table link json" -- "$word")
        return
        ;;
    serve:--log-level)
        mapfile -t COMPREPLY < <(compgen -W "error warn info debug" -- "$word")
        return
        ;;
    serve:--log-format)
        mapfile -t COMPREPLY < <(compgen -W "text json" -- "$word")
        return
        ;;
    decode:--format)
        mapfile -t COMPREPLY < <(compgen -W "text json" -- "$word")
        return
        ;;
    esac
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
    elif [[ $before == @ || $word == @* ]]; then # bash takes '@' for a word of its own
        _linnet_files "${word#@}"
    elif [[ ${COMP_WORDS[1]} == decode ]]; then
        _linnet_files "$word"
    fi
}
complete -F _linnet linnet
