{{/* Secrets that the chart generates once. Existing Secrets of the cluster are kept, so an upgrade changes no password. */}}

{{/*
{root, name, keys}: the `data` of the Secret. Letters and digits after a letter: nats-server reads its variables as
configuration, in which a number or a special character means something else.
*/}}
{{- define "tocsin.keptData" -}}
{{- $found := lookup "v1" "Secret" .root.Release.Namespace .name -}}
{{- $held := default dict (default dict $found).data }}
{{- range .keys }}
{{ . }}: {{ default (printf "t%s" (randAlphaNum 39) | b64enc) (get $held .) | quote }}
{{- end }}
{{- end }}
