"""The module's examples with libcoap on the other side: its client asks examples/module_server, and its server is asked by
examples/module_client. Each in a network namespace of its own, on the standard port."""
from test_examples import AWAIT, EXAMPLES, run, serve

ASK = "timeout 20 coap-client-notls -B 10"
URI = "coap://127.0.0.1"


def test_libcoap_reads_replaces_creates_and_deletes():
    script = f"""{ASK} -m get {URI}/resource1; echo
{ASK} -m put -e new_value {URI}/resource1; echo
{ASK} -m post -e posted {URI}/resource1; echo
{ASK} -m get {URI}/resource1; echo
{ASK} -m put -t 50 -e '{{}}' {URI}/a/full/path; echo
{ASK} -m get -A 0 {URI}/a/full/path; echo
{ASK} -m delete {URI}/resource2; echo
{ASK} -m delete {URI}/resource2 2>&1; echo
{ASK} -m delete {URI}/resource1 2>&1; echo
{ASK} -m get {URI}/.well-known/core"""
    lines = [line for line in serve("module_server", script).splitlines() if line]
    assert lines == ["default_value", "posted", "{}", "4.04", "4.05",
                     '</resource1>;obs;title="resource1";ct=0,</a/full/path>;ct=0;obs']


def test_libcoap_compares_etags_and_is_refused_another_format():
    script = f"""{ASK} -m put -e x {URI}/made
{ASK} -v 7 -m get {URI}/made 2>&1 | grep -o 'ETag:0x01' | head -n 1
{ASK} -m put -O 1,0x09 -e y {URI}/made 2>&1; echo
{ASK} -m put -O 1,0x01 -e z {URI}/made 2>&1
{ASK} -m get -A 60 {URI}/made 2>&1; echo
{ASK} -m get {URI}/made"""
    lines = [line for line in serve("module_server", script).splitlines() if line]
    assert lines == ["ETag:0x01", "4.12", "4.06", "z"]


def test_a_body_of_libcoap_in_blocks_is_one_value():
    script = f"""head -c 5000 /dev/zero | tr '\\0' b > $TMPDIR/body
{ASK} -m put -b 256 -f $TMPDIR/body {URI}/large
{ASK} -m get -b 128 -o $TMPDIR/back {URI}/large
cmp $TMPDIR/body $TMPDIR/back && echo same"""
    with_folder = f"export TMPDIR=$(mktemp -d)\ntrap 'rm -r $TMPDIR; kill $(jobs -p)' EXIT\n{script}"
    assert serve("module_server", with_folder).strip() == "same"


def test_libcoap_observes_what_another_client_changes():
    script = f"""seen=$(mktemp)
timeout 20 coap-client-notls -s 3 {URI}/resource1 > $seen &
observer=$!
sleep 1
{ASK} -m put -e second {URI}/resource1
sleep 1
{ASK} -m put -e third {URI}/resource1
wait $observer
cat $seen; rm $seen"""
    seen = serve("module_server", script)
    assert [seen.find(value) >= 0 for value in ("default_value", "second", "third")] == [True] * 3


def test_the_modules_client_asks_libcoaps_server():
    lines = run(f"coap-server-notls -A 127.0.0.1 >/dev/null 2>&1 &\n{AWAIT}\n"
                f"{EXAMPLES}/module_client 127.0.0.1").splitlines()
    ids = lines[:3]
    assert all(line.isdigit() for line in ids)
    assert [line for line in lines if line.startswith("ID: ")] == [f"ID: {number}" for number in ids]
    codes = [line for line in lines if line.startswith("Code: ")]
    assert codes[0] == "Code: 69" and codes[2] in ("Code: 65", "Code: 68")
    assert any("</time>" in line for line in lines if line.startswith("Payload: "))
