{{/* Names and labels. */}}

{{- define "tocsin.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "tocsin.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | replace "." "-" | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- $name := include "tocsin.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | replace "." "-" | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | replace "." "-" | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{/* Selector labels, which never change: of the release, or of one component ({root, component}). */}}
{{- define "tocsin.selector" -}}
app.kubernetes.io/name: {{ include "tocsin.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- define "tocsin.labels" -}}
{{ include "tocsin.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: tocsin
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "tocsin.metadata" -}}
name: {{ include "tocsin.fullname" .root }}{{ with .component }}-{{ . }}{{ end }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "tocsin.labels" . | nindent 2 }}
{{- end }}

{{/* {root, image}: the image of a container. */}}
{{- define "tocsin.image" -}}
{{- $image := .image -}}
{{- $tag := default .root.Chart.AppVersion $image.tag }}
{{- $image.repository }}{{ if $tag }}:{{ $tag }}{{ end }}{{ with $image.digest }}@{{ . }}{{ end }}
{{- end }}

{{- define "tocsin.collectorAccount" -}}
{{- default (printf "%s-collector" (include "tocsin.fullname" .)) .Values.collector.serviceAccount.name }}
{{- end }}

{{- define "tocsin.natsSecret" -}}
{{- default (printf "%s-nats-users" (include "tocsin.fullname" .)) .Values.nats.existingSecret }}
{{- end }}

{{- define "tocsin.gatewaySecret" -}}
{{- default (printf "%s-gateway" (include "tocsin.fullname" .)) .Values.gateway.auth.existingSecret }}
{{- end }}

{{- define "tocsin.rulesConfigMap" -}}
{{- default (printf "%s-rules" (include "tocsin.fullname" .)) .Values.rules.existingConfigMap }}
{{- end }}

{{/* A size as values.schema.json allows it (512Mi, 10Gi, 1Ti), in MiB. */}}
{{- define "tocsin.mebibytes" -}}
{{- $number := regexFind "^[0-9]+" . | int -}}
{{- mul $number (get (dict "Mi" 1 "Gi" 1024 "Ti" 1048576) (regexFind "[MGT]i$" .) | int) }}
{{- end }}
