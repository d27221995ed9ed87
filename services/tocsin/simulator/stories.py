"""All attack stories: where each may happen, and which rules should raise alerts about it."""

from msgspec import Struct

from tocsin.simulator import attacks, bursts
from tocsin.simulator.attacks import Attack

_MINER = ("miner", "download_to_interpreter", "temporary_exec", "mining_port", "dropper_chain")
_KILLED = ("root_gained", "enforcement_ordered", "kill_confirmed")


class Story(Struct, frozen=True):
    """An attack and where it may happen."""

    name: str
    roles: tuple[str, ...]
    """Roles of workloads; ``host`` is the node itself; empty: any pod."""
    attack: Attack
    raises: tuple[str, ...] = ()
    """Names of the rules and correlations that always raise alerts about it, at its full length; empty if it is no
    attack."""


def stories(forks: int = bursts.FORKS, connects: int = bursts.CONNECTS) -> tuple[Story, ...]:
    """All stories; *forks* is the number of forks and execs of a storm, *connects* its number of connections."""
    web = ("web", "php", "node", "python")
    return (*_single(web), *_over_time(forks, connects))


def _single(web: tuple[str, ...]) -> tuple[Story, ...]:
    shell = ("web_server_shell",)
    return (
        Story("reverse_shell", web, attacks.reverse_shell, (
            *shell, "reverse_shell", "network_redirection", "shell_connects_out", "mining_port",
        )),
        Story("crypto_miner", ("node", "python"), attacks.crypto_miner, (*shell, *_MINER)),
        Story("database_miner", ("redis",), attacks.crypto_miner, ("database_shell", *_MINER)),
        Story("container_escape", ("agent",), attacks.container_escape, (
            "escape_command", "exec_into_pod", "mount_in_pod", "host_namespace_entry", "namespace_entered",
            "sensitive_file_read", "runtime_client",
        )),
        Story("token_theft", ("node", "python", "java"), attacks.token_theft, (
            *shell, "service_account_token", "token_read_by_tool", "api_connect_by_tool",
        )),
        Story("web_shell", ("php",), attacks.web_shell, shell),
        Story("setuid_escalation", ("node", "java", "php"), attacks.setuid_escalation, (
            *shell, "privilege_gain", "temporary_exec", "root_gained", "sensitive_file_read", "account_change",
        )),
        Story("exec_recon", (), attacks.exec_recon, (
            "exec_into_pod", "credential_search", "network_tool", "discovery_burst",
        )),
        Story("log_wiping", web, attacks.log_wiping, ("exec_into_pod", "traces_wiped")),
        Story("persistence", ("host",), attacks.persistence, ("persistence_write", "download_to_interpreter")),
        Story("kernel_module", ("host",), attacks.kernel_module, ("kernel_module_load", "kernel_module_untrusted")),
        Story("fileless", ("python", "ci"), attacks.fileless, (
            "memory_file_by_interpreter", "memory_program_hook", "fileless_execution", "listener_by_tool",
        )),
        Story("metadata_theft", ("node", "java", "python"), attacks.metadata_theft, (
            *shell, "cloud_metadata", "metadata_or_kubelet_connect",
        )),
        Story("exfiltration", ("postgres",), attacks.exfiltration, ("exec_into_pod",)),
        Story("process_injection", ("agent", "redis"), attacks.process_injection, (
            "user_namespace_in_pod", "process_memory_write", *_KILLED,
        )),
    )  # fmt: skip


def _over_time(forks: int, connects: int) -> tuple[Story, ...]:
    return (
        Story("fork_storm", ("ci",), bursts.fork_storm(forks), ("fork_storm", "throttled")),
        Story("exec_storm", ("ci",), bursts.exec_storm(forks), ("exec_storm",)),
        Story("connect_storm", ("node",), bursts.connect_storm(connects), ("connect_storm",)),
        Story("port_scan", ("python",), bursts.port_scan, ("port_scan", "network_sweep")),
        Story("dropper", ("ci",), bursts.dropper, ("temporary_exec", "dropper_chain")),
        Story("crash_burst", ("python",), bursts.crash_burst, ("crash_burst",)),
        Story("repeated_enforcement", ("agent", "redis"), bursts.repeated_enforcement, (
            *_KILLED, "enforcement_repeated",
        )),
        Story("agent_throttled", ("ci", "batch"), bursts.agent_throttled, ("throttled",)),
        Story("agent_rollout", ("host",), bursts.agent_rollout),
    )  # fmt: skip
