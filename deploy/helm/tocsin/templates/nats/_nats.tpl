{{/* The embedded server: scripts/deploy generates its configuration and users from the services' own table. */}}

{{- define "tocsin.natsConfig" -}}
{{- range list "nats-server.conf" "nats-server-tls.conf" "tls.conf" "users.conf" }}
{{- if or $.Values.nats.tls.enabled (not (contains "tls" .)) }}
{{ . }}: |
  {{- if eq . "users.conf" }}
  {{- include "tocsin.natsUsersConf" $ | trim | nindent 2 }}
  {{- else }}
  {{- include "tocsin.file" (dict "root" $ "name" .) | trim | nindent 2 }}
  {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "tocsin.natsUsersConf" -}}
{{- default (include "tocsin.file" (dict "root" . "name" "users.conf")) .Values.nats.embedded.users }}
{{- end }}

{{/* Each user of users.conf has its password in a variable named after it. */}}
{{- define "tocsin.natsUsers" -}}
{{- $users := list -}}
{{- range regexFindAll "\\$TOCSIN_NATS_PASSWORD_[A-Z0-9_]+" (include "tocsin.natsUsersConf" .) -1 }}
{{- $users = append $users (trimPrefix "$TOCSIN_NATS_PASSWORD_" . | lower) }}
{{- end }}
{{- $users | uniq | sortAlpha | toJson }}
{{- end }}

{{/* {root, name}: a file of files/; a chart that was packed without it says so. */}}
{{- define "tocsin.file" -}}
{{- $text := .root.Files.Get (printf "files/%s" .name) -}}
{{- if not $text }}
{{- fail (printf "files/%s is missing in the chart: run scripts/deploy before it is packed" .name) }}
{{- end }}
{{- $text }}
{{- end }}
