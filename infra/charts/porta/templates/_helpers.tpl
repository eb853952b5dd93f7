{{/*
Parts that several templates share. Every value goes through toJson, here and in the templates:
JSON is YAML too, and no value can break out of its place.
*/}}

{{/* The labels that select a component's pods; called with the component's name. */}}
{{- define "porta.selector" -}}
app.kubernetes.io/name: porta
app.kubernetes.io/component: {{ . }}
{{- end }}

{{/* The labels of a component's objects; called with the component's name. */}}
{{- define "porta.labels" -}}
{{ include "porta.selector" . }}
app.kubernetes.io/part-of: porta
{{- end }}

{{/* The labels of what the Prometheus Operator reads; called with the root. */}}
{{- define "porta.monitoringLabels" -}}
{{ include "porta.labels" "monitoring" }}
{{- range $name, $value := .Values.monitoring.labels }}
{{ $name | toJson }}: {{ $value | toJson }}
{{- end }}
{{- end }}

{{/* What every pod's specification starts with; called with the root. */}}
{{- define "porta.podSpec" -}}
enableServiceLinks: false # else Kubernetes injects PORTA_ variables, which Porta refuses
automountServiceAccountToken: false
imagePullSecrets: {{ .Values.image.pullSecrets | toJson }}
{{- if .Values.priorityClass }}
priorityClassName: {{ .Values.priorityClass | toJson }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001 # the image's user, by number so that Kubernetes can see that it is not root
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{/* Spread a component's pods over zones and nodes, as far as there are any; called with its name. */}}
{{- define "porta.spread" -}}
{{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
- maxSkew: 1
  topologyKey: {{ $key | toJson }}
  whenUnsatisfiable: ScheduleAnyway # one node holds them all, if there is no other
  matchLabelKeys: [pod-template-hash] # an update counts its own pods only
  labelSelector:
    matchLabels:
      {{- include "porta.selector" $ | nindent 6 }}
{{- end }}
{{- end }}

{{/* The security context of every container. */}}
{{- define "porta.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* A pod that carries this hash restarts when the settings change; called with the root. */}}
{{- define "porta.settingsChecksum" -}}
checksum/settings: {{ .Values.settings | toJson | sha256sum | toJson }}
{{- end }}

{{/* A pod that carries this revision restarts when its Secrets change; called with the root. */}}
{{- define "porta.secretsRevision" -}}
porta/secrets-revision: {{ .Values.secretsRevision | toJson }}
{{- end }}

{{/* Where Redis is, and the certificate authority to check it against; called with the root. */}}
{{- define "porta.redisEnv" -}}
- name: REDIS_URL
  valueFrom:
    secretKeyRef:
      name: {{ .Values.redis.secret | toJson }}
      key: {{ .Values.redis.key | toJson }}
{{- if .Values.redis.tlsSecret }}
- name: PORTA_REDIS_CA
  value: /etc/redis-ca/ca.crt
{{- end }}
{{- end }}

{{- define "porta.redisMount" -}}
{{- if .Values.redis.tlsSecret }}
- name: redis-ca
  mountPath: /etc/redis-ca
  readOnly: true
{{- end }}
{{- end }}

{{- define "porta.redisVolume" -}}
{{- if .Values.redis.tlsSecret }}
- name: redis-ca
  secret:
    secretName: {{ .Values.redis.tlsSecret | toJson }}
    items: # the certificate only: the Secret holds Redis' private key too
      - key: ca.crt
        path: ca.crt
{{- end }}
{{- end }}

{{/* The host name of the Gateway's proxy, whose port 80 takes both HTTP and TLS. */}}
{{- define "porta.gatewayHost" -}}
traefik-dask-gateway.{{ .Values.gateway.namespace }}
{{- end }}
