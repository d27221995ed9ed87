{{/* Common parts of the services. Every helper takes {root, component, own}. */}}

{{/* A file that the process rewrites while it lives. */}}
{{- define "tocsin.healthEnv" -}}
- name: TOCSIN_HEALTH_FILE
  value: /tmp/health
{{- end }}

{{- define "tocsin.healthCommand" -}}
exec:
  command: [tocsin, health, --file, /tmp/health, --max-age-s, "30"]
{{- end }}

{{- define "tocsin.healthProbes" -}}
startupProbe:
  {{- include "tocsin.healthCommand" . | nindent 2 }}
  periodSeconds: 5
  timeoutSeconds: 10
  failureThreshold: 60
livenessProbe:
  {{- include "tocsin.healthCommand" . | nindent 2 }}
  periodSeconds: 20
  timeoutSeconds: 10
  failureThreshold: 3
{{- end }}

{{/* Address and login of NATS. `user` is the component's own user; no pod sees the secret of another. */}}
{{- define "tocsin.natsEnv" -}}
{{- $nats := .root.Values.nats -}}
- name: TOCSIN_NATS_URL
  {{- if $nats.embedded.enabled }}
  value: {{ ternary "tls" "nats" $nats.tls.enabled }}://{{ include "tocsin.fullname" .root }}-nats.{{ .root.Release.Namespace }}.svc:4222
  {{- else }}
  value: {{ $nats.url | quote }}
  {{- end }}
- name: TOCSIN_NATS_USER
  value: {{ .user }}
{{- if eq $nats.authentication "password" }}
- name: TOCSIN_NATS_PASSWORD_FILE
  value: /run/secrets/tocsin/nats/login
{{- else if eq $nats.authentication "nkey" }}
- name: TOCSIN_NATS_NKEY_FILE
  value: /run/secrets/tocsin/nats/login
{{- else }}
- name: TOCSIN_NATS_CREDS_FILE
  value: /run/secrets/tocsin/nats/login
{{- end }}
{{- if and $nats.tls.enabled $nats.tls.secretName }}
- name: TOCSIN_NATS_TLS_CA_FILE
  value: /run/secrets/tocsin/nats-ca/ca.crt
{{- end }}
{{- if and $nats.tls.enabled $nats.tls.clientSecretName }}
- name: TOCSIN_NATS_TLS_CERT_FILE
  value: /run/secrets/tocsin/nats-client/tls.crt
- name: TOCSIN_NATS_TLS_KEY_FILE
  value: /run/secrets/tocsin/nats-client/tls.key
{{- end }}
{{- end }}

{{- define "tocsin.natsMounts" -}}
{{- $tls := .root.Values.nats.tls -}}
- name: nats-login
  mountPath: /run/secrets/tocsin/nats
  readOnly: true
{{- if and $tls.enabled $tls.secretName }}
- name: nats-ca
  mountPath: /run/secrets/tocsin/nats-ca
  readOnly: true
{{- end }}
{{- if and $tls.enabled $tls.clientSecretName }}
- name: nats-client
  mountPath: /run/secrets/tocsin/nats-client
  readOnly: true
{{- end }}
{{- end }}

{{- define "tocsin.natsVolumes" -}}
{{- $tls := .root.Values.nats.tls -}}
- name: nats-login
  secret:
    secretName: {{ include "tocsin.natsSecret" .root }}
    defaultMode: 0440
    items: [{key: {{ .user }}, path: login}]
{{- if and $tls.enabled $tls.secretName }}
- name: nats-ca
  secret:
    secretName: {{ $tls.secretName }}
    defaultMode: 0440
    items: [{key: {{ $tls.caKey }}, path: ca.crt}]
{{- end }}
{{- if and $tls.enabled $tls.clientSecretName }}
- name: nats-client
  secret:
    secretName: {{ $tls.clientSecretName }}
    defaultMode: 0440
    items: [{key: tls.crt, path: tls.crt}, {key: tls.key, path: tls.key}]
{{- end }}
{{- end }}

{{/* Own rules: classifiers and correlators reload them within seconds of a change, so no pod is restarted. */}}
{{- define "tocsin.ownRules" -}}
{{- if or .root.Values.rules.files .root.Values.rules.existingConfigMap }}yes{{ end }}
{{- end }}

{{- define "tocsin.rulesMount" -}}
- name: rules
  mountPath: /etc/tocsin/rules
  readOnly: true
{{- end }}

{{- define "tocsin.rulesVolume" -}}
- name: rules
  configMap:
    name: {{ include "tocsin.rulesConfigMap" .root }}
{{- end }}
