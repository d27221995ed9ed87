{{/* The collector's container; the same for both sources. */}}

{{- define "tocsin.collectorContainer" -}}
{{- $values := .own -}}
- name: collector
  {{- include "tocsin.imageOf" . | nindent 2 }}
  args: [collector]
  env:
    {{- include "tocsin.logEnv" . | nindent 4 }}
    {{- include "tocsin.healthEnv" . | nindent 4 }}
    {{- include "tocsin.natsEnv" . | nindent 4 }}
    - name: TOCSIN_COLLECTOR_SOURCE
      value: {{ $values.source }}
    - name: TOCSIN_COLLECTOR_START
      value: {{ $values.start }}
    {{- with .root.Values.clusterName }}
    - name: TOCSIN_COLLECTOR_CLUSTER
      value: {{ . | quote }}
    {{- end }}
    - name: TOCSIN_COLLECTOR_REDACT
      value: {{ ternary "on" "off" $values.redaction.enabled | quote }}
    {{- if $values.redaction.patterns }}
    - name: TOCSIN_COLLECTOR_REDACT_PATTERNS_FILE
      value: /etc/tocsin/redaction/patterns
    {{- end }}
    {{- include (printf "tocsin.collectorEnv.%s" $values.source) . | nindent 4 }}
    {{- with include "tocsin.extraEnv" . }}{{ . | trim | nindent 4 }}{{ end }}
  {{- include "tocsin.healthProbes" . | nindent 2 }}
  resources:
    {{- toYaml $values.resources | nindent 4 }}
  {{- include "tocsin.containerSecurity" . | nindent 2 }}
  volumeMounts:
    {{- include "tocsin.tmpMount" . | nindent 4 }}
    {{- include "tocsin.natsMounts" . | nindent 4 }}
    {{- if $values.redaction.patterns }}
    - name: redaction
      mountPath: /etc/tocsin/redaction
      readOnly: true
    {{- end }}
    {{- if eq $values.source "file" }}
    - name: export
      mountPath: {{ $values.file.directory }}
      readOnly: true
    {{- end }}
    {{- with include "tocsin.extraMounts" . }}{{ . | trim | nindent 4 }}{{ end }}
{{- end }}

{{- define "tocsin.collectorEnv.kubernetes" -}}
- name: TOCSIN_COLLECTOR_KUBE_NAMESPACES
  value: {{ join "," .root.Values.tetragon.namespaces | quote }}
{{- with .own.kubernetes.labels }}
- name: TOCSIN_COLLECTOR_KUBE_LABELS
  value: {{ . | quote }}
{{- end }}
- name: TOCSIN_COLLECTOR_KUBE_CONTAINER
  value: {{ .own.kubernetes.container }}
{{- with .own.agentMetrics }}
{{- if ne . "auto" }}
- name: TOCSIN_COLLECTOR_AGENT_METRICS
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- define "tocsin.collectorEnv.file" -}}
- name: TOCSIN_COLLECTOR_PATH
  value: {{ printf "%s/%s" .own.file.directory .own.file.name }}
- name: TOCSIN_COLLECTOR_NODE
  valueFrom:
    fieldRef: {fieldPath: spec.nodeName}
{{- if eq .own.agentMetrics "auto" }}
- name: NODE_ADDRESS
  valueFrom:
    fieldRef: {fieldPath: status.hostIP}
- name: TOCSIN_COLLECTOR_AGENT_METRICS
  value: http://$(NODE_ADDRESS):2112/metrics
{{- else if .own.agentMetrics }}
- name: TOCSIN_COLLECTOR_AGENT_METRICS
  value: {{ .own.agentMetrics | quote }}
{{- end }}
{{- end }}

{{- define "tocsin.collectorVolumes" -}}
{{ include "tocsin.tmpVolume" . }}
{{ include "tocsin.natsVolumes" . }}
{{- if .own.redaction.patterns }}
- name: redaction
  configMap:
    name: {{ include "tocsin.fullname" .root }}-redaction
{{- end }}
{{- if eq .own.source "file" }}
- name: export
  hostPath:
    path: {{ .own.file.directory }}
    type: Directory
{{- end }}
{{- with include "tocsin.extraVolumes" . }}{{ . | trim | nindent 0 }}{{ end }}
{{- end }}

{{/* The content of the patterns is read at the start, so a change of it restarts the pods. */}}
{{- define "tocsin.collectorAnnotations" -}}
{{- if .own.redaction.patterns }}
checksum/redaction: {{ .own.redaction.patterns | sha256sum }}
{{- end }}
{{- end }}
