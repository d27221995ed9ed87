{{/* {root, component, own}: none for a single replica, because it would prevent draining the node. */}}
{{- define "tocsin.pdb" -}}
{{- if and .own.podDisruptionBudget.enabled (gt (int .own.replicas) 1) }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "tocsin.metadata" . | nindent 2 }}
spec:
  maxUnavailable: {{ .own.podDisruptionBudget.maxUnavailable }}
  selector:
    matchLabels:
      {{- include "tocsin.selector" . | nindent 6 }}
{{- end }}
{{- end }}
