{{/*
The pods at the ends of connections, as the rules of NetworkPolicies name them. Each of these is
called with the root.
*/}}

{{- define "porta.peer.web" -}}
{{ include "porta.peer" (dict "namespace" .Release.Namespace "name" "porta" "component" "web") }}
{{- end }}
{{- define "porta.peer.runner" -}}
{{ include "porta.peer" (dict "namespace" .Release.Namespace "name" "porta" "component" "runner") }}
{{- end }}
{{- define "porta.peer.notebook" -}}
{{ include "porta.peer" (dict "namespace" .Release.Namespace "name" "porta" "component" "notebook") }}
{{- end }}
{{- define "porta.peer.redis" -}}
{{ include "porta.peer" (dict "namespace" .Release.Namespace "name" "redis") }}
{{- end }}
{{- define "porta.peer.scheduler" -}}
{{ include "porta.peer" (dict "namespace" .Release.Namespace "name" "dask-gateway" "component" "dask-scheduler") }}
{{- end }}
{{- define "porta.peer.worker" -}}
{{ include "porta.peer" (dict "namespace" .Release.Namespace "name" "dask-gateway" "component" "dask-worker") }}
{{- end }}
{{- define "porta.peer.traefik" -}}
{{ include "porta.peer" (dict "namespace" .Values.gateway.namespace "name" "dask-gateway" "component" "traefik") }}
{{- end }}
{{- define "porta.peer.api" -}}
{{ include "porta.peer" (dict "namespace" .Values.gateway.namespace "name" "dask-gateway" "component" "gateway") }}
{{- end }}

{{/* Called with a dict of the pods' namespace, name and, unless the name is enough, component. */}}
{{- define "porta.peer" -}}
namespaceSelector:
  matchLabels:
    kubernetes.io/metadata.name: {{ .namespace | toJson }}
podSelector:
  matchLabels:
    app.kubernetes.io/name: {{ .name }}
    {{- with .component }}
    app.kubernetes.io/component: {{ . }}
    {{- end }}
{{- end }}

{{/* The rule that lets a pod call the Kubernetes API; called with the root. */}}
{{- define "porta.rule.kubernetesApi" -}}
to:
  - ipBlock:
      cidr: {{ .Values.network.kubernetesApi | toJson }}
ports: # of clouds, kubeadm, minikube, MicroK8s
  - {protocol: TCP, port: 443}
  - {protocol: TCP, port: 6443}
  - {protocol: TCP, port: 8443}
  - {protocol: TCP, port: 16443}
{{- end }}
