"""The table of all fields that a rule may name: what each means, and where Tetragon's JSON has it."""

from msgspec import Struct

PROCESSES = frozenset({"exec", "exit", "kprobe", "tracepoint", "lsm", "uprobe", "usdt", "loader", "unknown"})
"""Kinds of events that have a process."""
CALLS = frozenset({"kprobe", "lsm", "tracepoint"})
HOOKS = CALLS | {"uprobe", "usdt"}
"""Kinds that a TracingPolicy asks for, with arguments."""
ANY = PROCESSES | {"throttle", "rate_limit"}


class Field(Struct, frozen=True, kw_only=True):
    """One name that a rule may use."""

    name: str
    """With ``prefix``, what the name begins with."""
    doc: str
    source: str
    """Where Tetragon's JSON has it; ``P`` is the event's process, ``Q`` its parent."""
    kinds: frozenset[str]
    """Of the events that can have it."""
    native: bool = False
    """Only where a rule says ``taxonomy: tetragon``."""
    multi: bool = False
    """It may have several values; one that matches is enough."""
    numeric: bool = False
    prefix: bool = False
    """What follows is a key of the container's or the cluster's own: ``pod.labels.app``."""


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
Image              | process    | P.binary | the program, an absolute path as it was executed
CommandLine *      | process    | P.binary, P.arguments |
    program and arguments, in two forms: with the whole path, and with its last part
CurrentDirectory   | process    | P.cwd | working directory
User               | process    | P.user.name, P.uid |
    name of the user where the agent knows it, `root` for 0, else the number
LogonId #          | process    | P.auid | login uid; missing where none was set
ProcessId #        | process    | P.pid | process id on the node
ProcessGuid        | process    | P.exec_id | unique over nodes and time
ParentImage        | process    | Q.binary | the program that started it
ParentCommandLine * | process   | Q.binary, Q.arguments | like CommandLine
ParentProcessId #  | process    | Q.pid | process id of the parent
ParentProcessGuid  | process    | Q.exec_id, P.parent_exec_id | unique id of the parent
TargetFilename *   | call       | args[].file_arg, .path_arg, .sockaddrun_arg, .string_arg of calls on paths |
    the file (or UNIX socket), as seen in the mount namespace
DestinationIp *    | call       | args[].sock_arg.daddr, .sockaddr_arg.addr | the other end; of `accept` our own
DestinationPort *# | call       | args[].sock_arg.dport, .sockaddr_arg.port | its port
SourceIp *         | call       | args[].sock_arg.saddr | our end; of `accept` the other
SourcePort *#      | call       | args[].sock_arg.sport | its port
Protocol *         | call       | args[].sock_arg.protocol |
    `tcp`, `udp`, `icmp` …, and as the agent writes it (`IPPROTO_TCP`)
Initiated          | call       | function_name |
    `true` for a connection made, `false` for one accepted; missing for other calls
ImageLoaded        | loader     | path | the file that was loaded
type *             | process    | event key |
    auditd: `EXECVE` of an exec, `PATH` where there is a file, `SYSCALL` of a system call
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
action             | hook       | action | what Tetragon was told to do, `KPROBE_ACTION_SIGKILL`
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
exec_id            | process    | P.exec_id | unique over nodes and time
flags *            | process    | P.flags | `execve`, `clone`, `procFS`, `truncArgs` …, each a value
in_init_tree       | process    | P.in_init_tree | `false` of a process that came into its container from outside
parent.binary      | process    | Q.binary | as ParentImage
parent.arguments   | process    | Q.arguments | its arguments
parent.cwd         | process    | Q.cwd | its working directory
parent.uid #       | process    | Q.uid | its effective user id
parent.pid #       | process    | Q.pid | its process id
parent.exec_id     | process    | Q.exec_id, P.parent_exec_id | its unique id
parent.flags *     | process    | Q.flags | its flags
parent.in_init_tree | process   | Q.in_init_tree | as in_init_tree
parent.in_container | process   | Q.pod, Q.docker | as in_container; missing where there is no parent
ancestors.binary * | process    | ancestors[].binary | programs further up; needs enable-ancestors
ancestors.arguments * | process | ancestors[].arguments | their arguments
pod.namespace      | process    | P.pod.namespace | namespace
pod.name           | process    | P.pod.name | name of the pod
pod.uid            | process    | P.pod.uid | its uid
pod.workload       | process    | P.pod.workload | Deployment, DaemonSet, CronJob … that it belongs to
pod.workload_kind  | process    | P.pod.workload_kind | which of them
pod.labels.        | process    | P.pod.pod_labels | a label of the pod
pod.annotations.   | process    | P.pod.pod_annotations | an annotation of the pod; needs enable-pod-annotations
container.id       | process    | P.pod.container.id, P.docker | `containerd://…`, or the first characters alone
container.name     | process    | P.pod.container.name | its name in the pod
container.image    | process    | P.pod.container.image.name | the image
container.privileged | process  | P.pod.container.security_context.privileged |
    `true` or `false`; missing outside containers and where the agent does not tell
container.exec_probe | process  | P.pod.container.maybe_exec_probe |
    `true` where it looks like a probe of Kubernetes; missing outside containers
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
    names that the file has left; 0 where it exists in memory alone
binary_properties.path | exec   | P.binary_properties.file.path | the file
env.               | process    | P.environment_variables |
    a variable of the environment; needs enable-process-environment-variables
target             | any        | args | as in the alert: the file, address, capability or module
access *           | call       | args |
    `read`, `write`, `exec`, `append`, `create`, from mask and flags, and from what the call does
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
    capabilities that are asked for or set
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
in_container       | process    | P.pod, P.docker | `true` or `false`: of a container, even where its pod is not known
scope              | any        | P.pod, P.docker, node_name | namespace/pod, else the container's id, else the node
existing           | exec       | P.flags | `true` where the agent found it running when it started
"""

_NAMESPACES = ("uts", "ipc", "mnt", "pid", "net", "time", "cgroup", "user")
_CREDENTIALS = ("uid", "gid", "euid", "egid", "suid", "sgid", "fsuid", "fsgid")
_NUMBERED = 10
"""Arguments that can be named one by one."""


def _rows(table: str, *, native: bool) -> list[Field]:
    found = []
    for row in table.strip().replace("\n    ", " ").splitlines():
        head, kinds, source, doc = (part.strip() for part in row.split("|", 3))
        name, _, marks = head.partition(" ")
        found.append(
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
    return found


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
                name=f"ns.{n}.is_host", doc="`true` where it is the node's own", source=f"{ns}.{n}.is_host",
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
