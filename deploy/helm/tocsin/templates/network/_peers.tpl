{{/* Parts of network policies. */}}

{{/* {root, components}: pods of this release. */}}
{{- define "tocsin.ourPods" -}}
podSelector:
  matchLabels:
    {{- include "tocsin.selector" (dict "root" .root) | nindent 4 }}
  matchExpressions:
    - {key: app.kubernetes.io/component, operator: In, values: [{{ join ", " .components }}]}
{{- end }}

{{- define "tocsin.natsClients" -}}
{{- include "tocsin.ourPods" (dict "root" . "components" (list "collector" "classifier" "correlator" "gateway" "declare")) }}
{{- end }}
