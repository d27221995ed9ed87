"""Patterns of secrets: RE2 expressions over bytes, which take time linear in the text."""

from typing import Any

import re2  # type: ignore[import-untyped]

Expression = Any
"""A compiled expression; `re2` has no types."""


def compiled(expression: bytes, *, captures: bool = True) -> Expression:
    """*expression*, compiled for any bytes; ``re2.error`` if it is not valid."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    options.never_capture = not captures
    return re2.compile(expression, options)


_LONG = (
    rb"passwords?|passwd|passphrase|passcode|pwd|requirepass|masterauth|secret|token|credentials?|oauth2-bearer"
    rb"|(?:api|app|access|secret|private|auth|encryption|signing|master|account|storage|certificate|shared|session)"
    rb"[_.-]?key|connection[_.-]?string|x-(?:amz|goog)-signature"
)
"""Ends of names, after any text."""
_SHORT = rb"(?:store|key|user|db|root|admin|sudo|become|bind|ssh|vnc|smtp|mail|ftp|proxy)?(?:pass|pw)|_auth"
"""Ends of names after a separator, or whole names."""
_WORD = rb"[a-z0-9_.\[-]"
_SUFFIX = rb"(?:[_-]?(?:[0-9]{1,3}|b64|base64|json|value|plain|text|hash|raw|old|new|current|confirm))?\]?"
_NAME = rb"(?:" + _WORD + rb"*(?:" + _LONG + rb")|(?:" + _WORD + rb"*[_.\[-])?(?:" + _SHORT + rb"))" + _SUFFIX
_GAP = rb"(?:[ \t]|\\t){0,3}"

NAMED = compiled(
    rb"(?i)(?:^|[^a-z0-9_.\[-])(" + _NAME + rb")(?:"
    rb"((?:\\*[\"'])?" + _GAP + rb"(?:==|:?=>?)" + _GAP + rb")"
    rb"|(\\*[\"'][ \t]*:[ \t\r\n]*|:[ \t]*)"
    rb"|([\"']?[ \t\r\n]+)"
    rb"|(>))"
)
"""A name and the text between it and its value: an assignment, a colon, a space or the end of a tag."""
NAME = compiled(rb"(?i)^" + _NAME + rb"$", captures=False)
"""The name of a variable whose whole value is a secret."""
KEY_VALUE = compiled(
    rb"(?i)\\*\"key\\*\"\s*:\s*\\*\"" + _NAME + rb"\\*\"\s*,\s*\\*\"value\\*\"\s*:\s*"  # of environment_variables
)

_SCHEME = (
    rb"(?:bearer|basic|token|digest|negotiate|ntlm|api-?key|key|aws4-hmac-sha256|oauth|sso-key|splunk|dpop|hmac\S*)"
)
HEADER = compiled(
    rb"(?i)((?:proxy-)?authorization|(?:set-)?cookie|x-[a-z-]*(?:auth|key|signature))(\\*[\"'])?"
    rb"\s*[:=][ \t]*(\\*[\"'])?(?:" + _SCHEME + rb"[ \t]+)?"
)
BEARER = compiled(rb"(?i)\bbearer[ \t]+([a-z0-9._~+/=-]{8,})")
BASIC = compiled(rb"(?i)\bbasic[ \t]+([a-z0-9+/]{8,}={0,2})")

URL = compiled(
    rb"(?i)[a-z][a-z0-9+.-]*://[^\s/?#:@\[\]\"'<>]*:(?:([^\s/?#\"'<>]+)|([0-9]*[^\s0-9/?#@\"'\]<>][^\s@\"'<>]*))@"
    rb"|[a-z][a-z0-9+.-]*://([a-z0-9_-]{20,})@"
    rb"|[\w.-]+:([^\s@:/\"'<>]+)@(?:tcp|unix|udp)\("
)
URL_CUT = compiled(
    rb"(?i)[a-z][a-z0-9+.-]*://[^\s/?#:@\[\]\"'<>]*:([^\s/?#\"'<>@]+|[0-9]*[^\s0-9/?#@\"'\]<>][^\s@\"'<>]*)\z"
)
QUERY = compiled(rb"[?&]sig=([^\s&#\"'<>|;]+)")
SQL = compiled(
    rb"(?i)(?:\bidentified\s+(?:with\s+\S+\s+)?(?:by|as)(?:\s+password)?|\bpassword)\s+(?:=\s*)?\\*'([^']+?)\\*'"
    rb"|\blogin\s+\S+\s+password\s+(\S+)"
    rb"|\baws_(?:secret_access_key|session_token)\s+([^\s=:\"']+)"
    rb"|\bpass:([^\s\"']+)|-creds[ =][\"']?[^\s:\"']*:([^\s\"']+)"
    rb"|\becho\s+(?:-[neE]+\s+)?([^|]*[^|\s])\s*\|[^|]*(?:-password-stdin|passwd\s+--stdin|sudo\s+-S|chpasswd)"
)
"""Secrets recognized by the words around them: SQL, .netrc, the AWS and openssl tools, input piped into a login."""

KEY = compiled(
    rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----([A-Za-z0-9+/=\s\\:,.()_-]+?)"
    rb"(?:-----END [A-Z0-9 ]*-----|[^A-Za-z0-9+/=\s\\:,.()_-]|\z)"
)
JWT = compiled(rb"\b(eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*\.?[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){0,3})")
CLOUD = compiled(
    rb"\b((?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16})\b(?:[\s:,;\"'=|\\]{1,4}([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|\z))?"
    rb"|\b(AIza[0-9A-Za-z_-]{35})|\b(ya29\.[\w-]{10,})|\b(GOCSPX-[\w-]{20,})|\b(1//0[\w-]{30,})"
    rb"|([A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34})"
)
CLOUD_CUT = compiled(
    rb"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}[\s:,;\"'=|\\]{1,4}([A-Za-z0-9/+]+)\z"
    rb"|\b((?:AKIA|ASIA)[A-Z0-9]{2,15}|(?:AIza|ya29\.|GOCSPX-)[\w-]+)\z"
)
_PREFIXES = (
    rb"gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,}|gl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|oas|imt)-[\w-]{20,}"
    rb"|xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[0-9]-[A-Za-z0-9-]{10,}|(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}"
    rb"|whsec_[A-Za-z0-9+/=]{20,}|npm_[A-Za-z0-9]{36}|pypi-AgE[\w-]{20,}|hf_[A-Za-z]{30,}"
    rb"|SG\.[\w-]{16,}\.[\w-]{16,}|hv[sb]\.[\w-]{20,}|do[opr]_v1_[0-9a-f]{64}|AGE-SECRET-KEY-1[A-Z0-9]{50,}"
    rb"|gls[ac]_[\w-]{20,}|ATATT3[\w=-]{20,}|dckr_pat_[\w-]{20,}|shp(?:at|ss|ca|pa)_[0-9a-f]{32}"
    rb"|sk-(?:ant-|proj-|svcacct-)[\w-]{20,}|sk-[A-Za-z0-9]{32,}|tskey-[\w-]{16,}|PMAK-[0-9a-f-]{20,}"
    rb"|S[NACOUX][A-Z2-7]{56}\b"
)
TOKEN = compiled(
    rb"\b(" + _PREFIXES + rb")|hooks\.slack\.com/services/([A-Za-z0-9/]{20,})"
    rb"|discord(?:app)?\.com/api/webhooks/[0-9]+/([\w-]{20,})|\bbot[0-9]{8,10}:([\w-]{35})"
)
TOKEN_CUT = compiled(
    rb"\b(gh[pousr]_[A-Za-z0-9]+|github_pat_\w+|gl(?:pat|ptt|dt|rt)-[\w-]+|xox[abeoprs]-[A-Za-z0-9-]+"
    rb"|(?:sk|rk)_(?:live|test)_[A-Za-z0-9]+|npm_[A-Za-z0-9]+|hf_[A-Za-z]+|SG\.[\w.-]+|hv[sb]\.[\w-]+"
    rb"|eyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)*|(?i:bearer)[ \t]+[A-Za-z0-9._~+/=-]+)\z"
)
"""The beginning of a token at the end of a cut text."""

ENDS = rb"(?:" + _LONG + rb"|pass|pw|_auth)"
SUSPECTS = (
    rb"(?i:" + ENDS + _SUFFIX + rb"(?:(?:\\+\"|\\*')?(?:\s|\\[ntr])*[:=>]|\"\s*:\s*\")"
    rb"|-[a-z0-9_.-]*" + ENDS + _SUFFIX + rb"(?:[\s\"']|\\[ntr\"])"
    rb"|(?:authorization|cookie|x-[a-z-]*(?:auth|key|signature))(?:\\+\"|\\*')?\s*[:=]"
    rb"|\bbearer[ \t]+[a-z0-9._~+/=-]|\bbasic[ \t]+[a-z0-9+/]{6}|\bidentified(?:\s|\\[ntr])+(?:with|by|as)"
    rb"|\bpassword(?:\s|\\[ntr])+[='\\]|\blogin(?:\s|\\[ntr])+[^\s\"]+(?:\s|\\[ntr])+password|pass:|-creds|aws_s"
    rb"|-password-stdin|chpasswd|--stdin|sudo\s+-S|discord|hooks\.slack|@(?:tcp|unix|udp)\()"
    rb"|://[^\s\"<>/]*:[^\s\"<>]*@|://[A-Za-z0-9_-]{20}[A-Za-z0-9_-]*@"
    rb"|[?&]sig=|-----BEGIN |eyJ|\b(?:AKIA|ASIA|ABIA|ACCA|AIza|GOCSPX|SG\.|ATATT3|AGE-S|PMAK-|1//0)"
    rb"|\bbot[0-9]{8}|gh[pousr]_|github_pat|\bgl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|oas|imt)-|xox[abeoprs]-|xapp-[0-9]"
    rb"|[sr]k_(?:live|test)_|whsec_|\bnpm_|pypi-A|\bhf_|ya29\.|\bhv[sb]\.|\bdo[opr]_v1_|\bgls[ac]_|dckr_p"
    rb"|\bshp(?:at|ss|ca|pa)_|\bsk-|tskey-|[0-9]Q~|\bS[NACOUX][A-Z2-7]{12}"
)
"""Every secret of the patterns above contains one of these, in plain text and in JSON with its usual escapes."""
SUSPECT = compiled(
    SUSPECTS
    + rb"|(?i:(?:"
    + ENDS
    + _SUFFIX
    + rb"|authorization|cookie|x-[a-z-]*(?:auth|key|signature))\"\s*[:=]"  # in JSON this would be a field
    + rb"|\"key\\*\"\s*:\s*\\*\"[^\"]*"
    + ENDS
    + rb")",
    captures=False,
)
