"""Each program of examples/ runs and does what its first lines say. They use the standard port, so each test has a
network namespace of its own, where that port is free."""
import os
import pathlib
import shutil
import subprocess

BUILD = pathlib.Path(os.environ.get("LINNET_BUILD", "build")).resolve()
EXAMPLES = BUILD / "examples"
LINNET = pathlib.Path(os.environ.get("LINNET", BUILD / "linnet")).resolve()

# Waits until something answers a ping on the standard port, for ten seconds at most.
AWAIT = f'for i in $(seq 100); do {LINNET} ping -c 1 coap://127.0.0.1 >/dev/null 2>&1 && break; sleep 0.1; done'


def run(script):
    """Runs shell lines alone with a loopback; returns what they printed. The server that they start ends with them."""
    assert shutil.which("unshare"), "install util-linux"
    lines = f"ip link set lo up\ntrap 'kill $(jobs -p)' EXIT\nexec 3>&1\n{script}"
    done = subprocess.run(["unshare", "--net", "bash", "-c", lines], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def serve(name, script, argument=""):
    return run(f"{EXAMPLES}/{name} {argument} >/dev/null &\n{AWAIT}\n{script}")


def test_the_server_and_the_client_of_the_readme_talk_to_each_other():
    assert len(serve("server", f"{EXAMPLES}/get").split()) == 5, "weekday month day time year"


def test_a_stored_value_is_served_and_replaced():
    script = f"""{LINNET} get coap://localhost/greeting; echo
{LINNET} put coap://localhost/greeting --payload 'good morning'
{LINNET} get coap://localhost/greeting; echo
{LINNET} get coap://localhost/config/interval"""
    assert serve("stored", script) == 'hello, world\ngood morning\n{"seconds":30}'


def test_a_deferred_answer_arrives():
    assert serve("deferred", f"{LINNET} get coap://localhost/temperature") == "22.3 C"


def test_many_requests_end_each_with_its_answer_or_error():
    uris = "coap://localhost/greeting coap://127.0.0.1/none coap://[::1]/config/interval coap://localhost:9/x"
    lines = serve("stored", f"{EXAMPLES}/many {uris}").splitlines()
    assert len(lines) == 4
    assert "coap://localhost/greeting: 2.05 hello, world" in lines
    assert any(line.startswith("coap://127.0.0.1/none: 4.04") for line in lines)
    assert 'coap://[::1]/config/interval: 2.05 {"seconds":30}' in lines
    assert any(line.startswith("coap://localhost:9/x: ") and "2.05" not in line for line in lines)


def test_a_server_runs_in_a_loop_of_the_users():
    get = f"{LINNET} get coap://localhost/count; echo"
    assert serve("own_loop", f"{get}\n{get}") == "1\n2\n"


def test_the_core_alone_serves_from_static_memory():
    assert serve("microcontroller", f"{LINNET} get coap://127.0.0.1/temperature") == "22.3 C"


def test_a_group_is_asked_and_its_members_answer():
    serve_group = f"{LINNET} serve --demo --join 224.0.1.187 --leisure 0.1 >/dev/null 2>&1 --bind"
    ask = f"{EXAMPLES}/group coap://224.0.1.187/time lo"
    lines = run(f"{serve_group} 127.0.0.1 &\n{serve_group} 127.0.0.2 &\n{AWAIT}; sleep 1\n{ask}").splitlines()
    assert sorted(line.split(": ")[0] for line in lines) == ["127.0.0.1:5683", "127.0.0.2:5683"]


def test_an_observed_resource_tells_of_its_changes():
    lines = serve("observed", "coap-client-notls -s 4 coap://127.0.0.1/count").split()
    assert len(lines) >= 3 and lines == [str(int(lines[0]) + i) for i in range(len(lines))]


def test_the_modules_server_serves_replaces_creates_and_deletes():
    uri = "coap://127.0.0.1"
    script = f"""{LINNET} get {uri}/.well-known/core; echo
{LINNET} get {uri}/resource1; echo
{LINNET} put {uri}/resource1 --payload new
{LINNET} get {uri}/resource1; echo
{LINNET} put {uri}/a/new/one --payload hello
{LINNET} get {uri}/a/new/one; echo
{LINNET} delete {uri}/resource2
{LINNET} get {uri}/.well-known/core"""
    assert serve("module_server", script).splitlines() == [
        '</resource1>;obs;title="resource1";ct=0,</resource2>;ct=41;obs', "default_value", "new", "hello",
        '</resource1>;obs;title="resource1";ct=0,</a/new/one>;ct=0;obs']


def test_the_modules_client_prints_ids_and_responses():
    lines = run(f"{LINNET} serve --demo --bind 127.0.0.1 >/dev/null 2>&1 &\n{AWAIT}\n"
                f"{EXAMPLES}/module_client 127.0.0.1").splitlines()
    ids = lines[:3]
    assert all(line.isdigit() for line in ids)
    assert [line for line in lines if line.startswith("ID: ")] == [f"ID: {number}" for number in ids]
    assert [line for line in lines if line.startswith("Token: ")] == ["Token: token1", "Token: token2", "Token: token3"]
    assert [line for line in lines if line.startswith("Code: ")] == ["Code: 69", "Code: 69", "Code: 133"]
    assert "Type: 2" in lines


def test_the_modules_polling_client_asks_two_servers():
    lines = run(f"{EXAMPLES}/module_server 127.0.0.1 >/dev/null &\n"
                f"{LINNET} serve --demo --bind 127.0.0.2 >/dev/null 2>&1 &\n{AWAIT}; sleep 1\n"
                f"{EXAMPLES}/module_client_polling 127.0.0.2 127.0.0.1").splitlines()
    ids = [line for line in lines if line.isdigit()]
    answers = [line for line in lines if not line.isdigit()]
    assert len(ids) == 5 and len(answers) == 5
    assert sum(line.startswith("127.0.0.2: Code: 69") for line in answers) == 2
    rest = [line.split(", ", 1)[0] + " " + line.split("Payload: ")[1] for line in answers if line.startswith("127.0.0.1")]
    assert rest[1:] == ["127.0.0.1: Code: 69 default_value", "127.0.0.1: Code: 68 "]


def test_a_secured_server_greets_its_clients_by_name():
    get = f"{LINNET} get coaps://127.0.0.1/greeting -u alice -k 'a long secret that nobody guesses'"
    wait = f"for i in $(seq 100); do {get} >/dev/null 2>&1 && break; sleep 0.1; done"
    ask = f"{LINNET} get coaps://localhost/greeting -u bob -k 'another one, just as long'"
    assert run(f"{EXAMPLES}/secured >/dev/null &\n{wait}\n{ask}") == "good day, bob"
