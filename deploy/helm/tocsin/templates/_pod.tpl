{{/* Common parts of all pods. Every helper takes {root, component, own: the component's values}. */}}

{{/* The values of `pod`, overridden by those of the component. */}}
{{- define "tocsin.podValues" -}}
{{- mergeOverwrite (deepCopy .root.Values.pod) (default dict .own.pod) | toJson }}
{{- end }}

{{- define "tocsin.podMetadata" -}}
{{- $pod := include "tocsin.podValues" . | fromJson -}}
labels:
  {{- include "tocsin.labels" . | nindent 2 }}
  {{- with $pod.labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (default dict .annotations) $pod.annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Admitted by the Pod Security Standard "restricted". */}}
{{- define "tocsin.podSecurity" -}}
securityContext:
  runAsNonRoot: true
  {{- with .root.Values.runAsUser }}
  runAsUser: {{ int64 . }}
  runAsGroup: {{ int64 . }}
  fsGroup: {{ int64 . }}
  fsGroupChangePolicy: OnRootMismatch
  {{- end }}
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "tocsin.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  capabilities: {drop: [ALL]}
  privileged: false
  readOnlyRootFilesystem: true
{{- end }}

{{/* enableServiceLinks: the variables that Kubernetes would add (TOCSIN_GATEWAY_PORT=tcp://…) would make every start fail. */}}
{{- define "tocsin.podSpec" -}}
{{- $pod := include "tocsin.podValues" . | fromJson -}}
enableServiceLinks: false
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with $pod.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $pod.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $pod.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with default (default list .tolerations) $pod.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if $pod.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- toYaml $pod.topologySpreadConstraints | nindent 2 }}
{{- else if .spread }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "tocsin.selector" . | nindent 8 }}
{{- end }}
{{- end }}

{{/* Without any right and without a token: all pods except the collector that reads from the API server. */}}
{{- define "tocsin.noAccount" -}}
serviceAccountName: {{ include "tocsin.fullname" .root }}
automountServiceAccountToken: false
{{- end }}

{{- define "tocsin.imageOf" -}}
image: {{ include "tocsin.image" (dict "root" .root "image" .root.Values.image) }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
{{- end }}

{{- define "tocsin.logEnv" -}}
- name: TOCSIN_LOG_LEVEL
  value: {{ .root.Values.logLevel }}
{{- end }}

{{- define "tocsin.extraEnv" -}}
{{- with (include "tocsin.podValues" . | fromJson).extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "tocsin.extraMounts" -}}
{{- with (include "tocsin.podValues" . | fromJson).extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "tocsin.extraVolumes" -}}
{{- with (include "tocsin.podValues" . | fromJson).extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The only writable folder. */}}
{{- define "tocsin.tmpVolume" -}}
- name: tmp
  emptyDir: {medium: Memory, sizeLimit: 16Mi}
{{- end }}

{{- define "tocsin.tmpMount" -}}
- name: tmp
  mountPath: /tmp
{{- end }}
