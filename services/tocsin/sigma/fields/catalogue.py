"""The table of all fields that a rule may use: their meaning, and their source in Tetragon's JSON."""

from msgspec import Struct

PROCESSES = frozenset({"exec", "exit", "kprobe", "tracepoint", "lsm", "uprobe", "usdt", "loader", "unknown"})
"""Kinds of events that have a process."""
CALLS = frozenset({"kprobe", "lsm", "tracepoint"})
HOOKS = CALLS | {"uprobe", "usdt"}
"""Kinds of events with arguments, which only a TracingPolicy produces."""
ANY = PROCESSES | {"throttle", "rate_limit"}


class Field(Struct, frozen=True, kw_only=True):
    """One field that a rule may use."""

    name: str
    """With ``prefix``, the beginning of the name."""
    doc: str
    source: str
    """Its source in Tetragon's JSON; ``P`` is the event's process, ``Q`` its parent."""
    kinds: frozenset[str]
    """Kinds of events that can have it."""
    native: bool = False
    """Only allowed with ``taxonomy: tetragon``."""
    multi: bool = False
    """It can have several values; one matching value is enough."""
    numeric: bool = False
    prefix: bool = False
    """The rest of the name is a key, for example of a label: ``pod.labels.app``."""


_KINDS = {
    "any": ANY,
    "process": PROCESSES,
    "exec": frozenset({"exec"}),
    "exit": frozenset({"exit"}),
    "call": CALLS,
    "hook": HOOKS,
    "kprobe": frozenset({"kprobe"}),
    "loader": frozenset({"loader"}),
    "path": frozenset({"loader", "uprobe", "usdt"}),
    "uprobe": frozenset({"uprobe"}),
    "usdt": frozenset({"usdt"}),
    "throttle": frozenset({"throttle"}),
    "rate_limit": frozenset({"rate_limit"}),
}

_SIGMA = """
Image              | process    | P.binary | the program, as an absolute path
CommandLine *      | process    | P.binary, P.arguments |
    program and arguments, in two forms: with the whole path, and with its last part
CurrentDirectory   | process    | P.cwd | working directory
User               | process    | P.user.name, P.uid |
    name of the user if the agent knows it, `root` for 0, else the number
LogonId #          | process    | P.auid | login uid; absent if none is set
ProcessId #        | process    | P.pid | process id on the node
ProcessGuid        | process    | P.exec_id | unique across nodes and time
ParentImage        | process    | Q.binary | the program that started it
ParentCommandLine * | process   | Q.binary, Q.arguments | like CommandLine
ParentProcessId #  | process    | Q.pid | process id of the parent
ParentProcessGuid  | process    | Q.exec_id, P.parent_exec_id | unique id of the parent
TargetFilename *   | call       | args[].file_arg, .path_arg, .sockaddrun_arg, .string_arg of calls on paths |
    the file (or UNIX socket), as seen in the mount namespace
DestinationIp *    | call       | args[].sock_arg.daddr, .sockaddr_arg.addr | the remote end; for `accept` the local one
DestinationPort *# | call       | args[].sock_arg.dport, .sockaddr_arg.port | its port
SourceIp *         | call       | args[].sock_arg.saddr | the local end; for `accept` the remote one
SourcePort *#      | call       | args[].sock_arg.sport | its port
Protocol *         | call       | args[].sock_arg.protocol |
    `tcp`, `udp`, `icmp` …, and the agent's form (`IPPROTO_TCP`)
Initiated          | call       | function_name |
    `true` for an outgoing connection, `false` for an accepted one; absent for other calls
ImageLoaded        | loader     | path | the file that was loaded
type *             | process    | event key |
    auditd: `EXECVE` for an exec, `PATH` if there is a file, `SYSCALL` for a system call
a0 *               | exec       | P.binary | auditd: the program, as a path and its last part
exe                | process    | P.binary | auditd: as Image
comm *             | process    | P.binary | auditd: the last part of Image, whole and cut at 15 characters
SYSCALL            | process    | function_name, args[].syscall_id | auditd: the system call without its prefixes
name *             | call       | as TargetFilename | auditd: the file
uid #              | process    | P.uid | effective user id
euid #             | process    | P.uid | auditd: the same
auid #             | process    | P.auid | auditd: login uid
"""

_NATIVE = """
kind               | any        | event key |
    `exec`, `exit`, `kprobe`, `tracepoint`, `lsm`, `uprobe`, `usdt`, `loader`, `throttle`, `rate_limit`
event_type         | any        | function_name, subsys, event |
    as in the alert: the function, hook or system call without its prefixes
function           | any        | function_name, subsys, event | event_type without `security_`
function_name      | call       | function_name | as Tetragon writes it
policy_name        | hook       | policy_name | TracingPolicy
action             | hook       | action | what Tetragon did, `KPROBE_ACTION_SIGKILL`
return_action      | kprobe     | return_action | the same for the return
message            | hook       | message | the policy's message
tags *             | hook       | tags | the policy's tags
signal             | exit       | signal | the signal that ended it, `SIGKILL`
status #           | exit       | status | exit status; 0 where the event has none
outcome            | any        | signal, action, return | `observed`, `attempted` or `confirmed`
binary             | process    | P.binary | as Image
arguments          | process    | P.arguments | all arguments as one text, without the program
cwd                | process    | P.cwd | working directory
pid #              | process    | P.pid | process id on the node
tid #              | process    | P.tid | thread id
user               | process    | P.user.name, P.uid | as User
exec_id            | process    | P.exec_id | unique across nodes and time
flags *            | process    | P.flags | `execve`, `clone`, `procFS`, `truncArgs` …, each a value
in_init_tree       | process    | P.in_init_tree | `false` for a process that entered its container from outside
parent.binary      | process    | Q.binary | as ParentImage
parent.arguments   | process    | Q.arguments | its arguments
parent.cwd         | process    | Q.cwd | its working directory
parent.uid #       | process    | Q.uid | its effective user id
parent.pid #       | process    | Q.pid | its process id
parent.exec_id     | process    | Q.exec_id, P.parent_exec_id | its unique id
parent.flags *     | process    | Q.flags | its flags
parent.in_init_tree | process   | Q.in_init_tree | as in_init_tree
parent.in_container | process   | Q.pod, Q.docker | as in_container; absent without a parent
ancestors.binary * | process    | ancestors[].binary | programs further up; needs enable-ancestors
ancestors.arguments * | process | ancestors[].arguments | their arguments
pod.namespace      | process    | P.pod.namespace | namespace
pod.name           | process    | P.pod.name | name of the pod
pod.uid            | process    | P.pod.uid | its uid
pod.workload       | process    | P.pod.workload | name of its Deployment, DaemonSet, CronJob …
pod.workload_kind  | process    | P.pod.workload_kind | kind of the workload
pod.labels.        | process    | P.pod.pod_labels | a label of the pod
pod.annotations.   | process    | P.pod.pod_annotations | an annotation of the pod; needs enable-pod-annotations
container.id       | process    | P.pod.container.id, P.docker | `containerd://…`, or only its first characters
container.name     | process    | P.pod.container.name | its name in the pod
container.image    | process    | P.pod.container.image.name | the image
container.privileged | process  | P.pod.container.security_context.privileged |
    `true` or `false`; absent outside containers, and if the agent does not report it
container.exec_probe | process  | P.pod.container.maybe_exec_probe |
    `true` if it looks like a Kubernetes probe; absent outside containers
node               | any        | node_name | the node
node.labels.       | any        | node_labels | a label of the node
cluster            | any        | cluster_name | the cluster
cap.effective *    | process    | P.cap.effective | capabilities, `CAP_SYS_ADMIN`; need enable-process-cred
cap.permitted *    | process    | P.cap.permitted | the same
cap.inheritable *  | process    | P.cap.inheritable | the same
binary_properties.setuid # | exec | P.binary_properties.setuid | uid that the program's setuid bit gives
binary_properties.setgid # | exec | P.binary_properties.setgid | gid that its setgid bit gives
binary_properties.privileges_changed * | exec | P.binary_properties.privileges_changed |
    `PRIVILEGES_RAISED_EXEC_FILE_CAP` …
binary_properties.links # | exec | P.binary_properties.file.inode.links |
    number of names of the file; 0 if it exists only in memory
binary_properties.path | exec   | P.binary_properties.file.path | the file
env.               | process    | P.environment_variables |
    a variable of the environment; needs enable-process-environment-variables
target             | any        | args | as in the alert: the file, address, capability or module
access *           | call       | args |
    `read`, `write`, `exec`, `append`, `create`, from the mask, the flags or the function
args *             | hook       | args[] | every argument as text
arg.               | hook       | args[].label | the argument with this label
return             | call       | return | what the function returned
socket.family *    | call       | args[].sock_arg.family, .sockaddr_arg.family, numbers of `socket` |
    `AF_INET`, `AF_PACKET` …
socket.type *      | call       | args[].sock_arg.type, numbers of `socket` | `SOCK_STREAM`, `SOCK_RAW` …
socket.protocol *  | call       | args[].sock_arg.protocol | as Protocol
socket.saddr *     | call       | args[].sock_arg.saddr, .sockaddr_arg.addr |
    local address; of `bind` the one that is bound
socket.daddr *     | call       | args[].sock_arg.daddr, .sockaddr_arg.addr | remote address
socket.sport *#    | call       | args[].sock_arg.sport, .sockaddr_arg.port |
    local port; of `bind` the one that is bound
socket.dport *#    | call       | args[].sock_arg.dport, .sockaddr_arg.port | remote port
module.name *      | call       | args[].module_arg.name | kernel module
module.signature_ok * | call    | args[].module_arg.signature_ok | `true` or `false`
capability *       | call       | args[].capability_arg, .cap_effective_arg, .kernel_cap_t_arg |
    requested or set capabilities
bpf.type *         | call       | args[].bpf_attr_arg.ProgType, .bpf_prog_arg.ProgType, .bpf_map_arg.MapType |
    kind of program or map
bpf.name *         | call       | args[].bpf_attr_arg.ProgName, .bpf_prog_arg.ProgName, .bpf_map_arg.MapName |
    its name
bpf.cmd *          | call       | args[].bpf_cmd_arg | `BPF_PROG_LOAD` …
path               | path       | path | the file that was loaded or is probed
symbol             | uprobe     | symbol | the function that is probed
provider           | usdt       | provider | provider of the probe
cgroup             | throttle   | cgroup | the cgroup that is throttled
throttle           | throttle   | type | `START` or `STOP`
dropped #          | rate_limit | number_of_dropped_process_events | events that the agent dropped
in_container       | process    | P.pod, P.docker | `true` or `false`: in a container, even if its pod is unknown
scope              | any        | P.pod, P.docker, node_name | namespace/pod, else the container's id, else the node
existing           | exec       | P.flags | `true` if it was running when the agent started
"""

_NAMESPACES = ("uts", "ipc", "mnt", "pid", "net", "time", "cgroup", "user")
_CREDENTIALS = ("uid", "gid", "euid", "egid", "suid", "sgid", "fsuid", "fsgid")
_NUMBERED = 10
"""Number of arguments with a field of their own."""


def _rows(table: str, *, native: bool) -> list[Field]:
    fields = []
    for row in table.strip().replace("\n    ", " ").splitlines():
        head, kinds, source, doc = (part.strip() for part in row.split("|", 3))
        name, _, marks = head.partition(" ")
        fields.append(
            Field(
                name=name,
                doc=doc,
                source=source,
                kinds=_KINDS[kinds],
                native=native,
                multi="*" in marks,
                numeric="#" in marks,
                prefix=name.endswith("."),
            )
        )
    return fields


def _generated() -> list[Field]:
    creds, ns, call = "P.process_credentials", "P.ns", "args[{}], without what the position means"
    return [
        *(
            Field(name=f"a{n}", doc=f"auditd: word {n} of the arguments", source="P.arguments", kinds=_KINDS["exec"])
            for n in range(1, _NUMBERED)
        ),
        *(
            Field(name=f"arg{n}", doc=f"argument {n} as text", source=call.format(n), kinds=HOOKS, native=True)
            for n in range(_NUMBERED)
        ),
        *(
            Field(
                name=f"ns.{n}.inum", doc="number of the namespace; needs enable-process-ns", source=f"{ns}.{n}.inum",
                kinds=PROCESSES, native=True, numeric=True,
            )
            for n in _NAMESPACES
        ),
        *(
            Field(
                name=f"ns.{n}.is_host", doc="`true` if it is the node's", source=f"{ns}.{n}.is_host",
                kinds=PROCESSES, native=True,
            )
            for n in _NAMESPACES
        ),
        *(
            Field(
                name=f"credentials.{n}", doc="needs enable-process-cred", source=f"{creds}.{n}", kinds=PROCESSES,
                native=True, numeric=True,
            )
            for n in _CREDENTIALS
        ),
    ]  # fmt: skip


ROWS: tuple[Field, ...] = (*_rows(_SIGMA, native=False), *_rows(_NATIVE, native=True), *_generated())
