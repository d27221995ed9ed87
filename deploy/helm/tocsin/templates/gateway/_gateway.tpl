{{/* The gateway's settings for logins. */}}

{{/* Host names under which browsers, the Ingress and other pods reach it. */}}
{{- define "tocsin.gatewayNames" -}}
{{- $service := printf "%s-gateway" (include "tocsin.fullname" .) -}}
{{- $inside := printf "%s.%s" $service .Release.Namespace }}
{{- $names := list $service $inside (printf "%s.svc" $inside) (printf "%s.svc.cluster.local" $inside) }}
{{- if .Values.gateway.ingress.enabled }}
{{- range .Values.gateway.ingress.hosts }}
{{- $names = append $names .name }}
{{- end }}
{{- end }}
{{- concat $names .Values.gateway.allowedHosts | uniq | join "," }}
{{- end }}

{{- define "tocsin.gatewayAuthEnv" -}}
{{- $auth := .Values.gateway.auth -}}
- name: TOCSIN_GATEWAY_AUTH
  value: {{ $auth.mode }}
{{- if eq $auth.mode "token" }}
- name: TOCSIN_GATEWAY_TOKEN_FILE
  value: /run/secrets/tocsin/gateway/token
{{- else }}
- name: TOCSIN_GATEWAY_PROXY_HEADER
  value: {{ $auth.proxy.header }}
{{- end }}
- name: TOCSIN_GATEWAY_SESSION_HOURS
  value: {{ $auth.sessionHours | quote }}
{{- with $auth.proxy.from }}
- name: TOCSIN_GATEWAY_PROXY_FROM
  value: {{ join "," . | quote }}
{{- end }}
- name: TOCSIN_GATEWAY_METRICS_TOKEN_FILE
  value: /run/secrets/tocsin/gateway/metrics-token
{{- end }}
