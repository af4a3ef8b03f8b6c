{{/* Names, labels, addresses and derived secrets that several templates use. */}}

{{- define "modelyard.labels" -}}
app.kubernetes.io/name: modelyard
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "modelyard.selector" -}}
app.kubernetes.io/name: modelyard
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "modelyard.image" -}}
{{- $image := index .root.Values.images .name -}}
{{ $image.repository }}:{{ $image.tag }}
{{- end }}

{{- define "modelyard.mlflowUrl" -}}
{{- if .Values.mlflow.enabled -}}
http://{{ .Release.Name }}-mlflow.{{ .Release.Namespace }}.svc:5000
{{- else -}}
{{ .Values.mlflow.url }}
{{- end -}}
{{- end }}

{{- define "modelyard.s3Endpoint" -}}
{{- if .Values.seaweedfs.enabled -}}
http://{{ .Release.Name }}-seaweedfs.{{ .Release.Namespace }}.svc:8333
{{- else -}}
{{ .Values.s3.endpoint }}
{{- end -}}
{{- end }}

{{- define "modelyard.bucket" -}}
{{ .root.Values.s3.bucket | default (printf "modelyard-%s" .namespace) }}
{{- end }}

{{/* What only some values together need. ``fail`` and no schema, so that it says what to do, and ``helm lint`` passes on the defaults. */}}
{{- define "modelyard.requirements" -}}
{{- if not .Values.mlflow.enabled -}}
{{- $_ := .Values.mlflow.url | required "mlflow.url is missing: set it to your MLflow server, or mlflow.enabled to true" -}}
{{- $_ := .Values.mlflow.operatorSecret | required "mlflow.operatorSecret is missing: name the Secret with username and password of an MLflow administrator" -}}
{{- end -}}
{{- if not .Values.seaweedfs.enabled -}}
{{- $_ := .Values.s3.endpoint | required "s3.endpoint is missing: set it to your S3 server, or seaweedfs.enabled to true (for development)" -}}
{{- if .Values.mlflow.enabled -}}
{{- $_ := .Values.s3.mlflowSecret | required "s3.mlflowSecret is missing: name the Secret with access-key and secret-key that MLflow uses" -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* The seed: given, or the one that is kept in the cluster, or a new one. Computed once per rendering. */}}
{{- define "modelyard.seed" -}}
{{- if not (hasKey .Values "computedSeed") -}}
{{- $kept := lookup "v1" "Secret" .Release.Namespace (printf "%s-seed" .Release.Name) -}}
{{- $seed := .Values.seed -}}
{{- if and (not $seed) $kept -}}{{- $seed = index $kept.data "seed" | b64dec -}}{{- end -}}
{{- $_ := set .Values "computedSeed" ($seed | default (randAlphaNum 48)) -}}
{{- end -}}
{{- .Values.computedSeed -}}
{{- end }}

{{/* One secret of its own for each purpose, e.g. "mlflow-password:team-a". */}}
{{- define "modelyard.secret" -}}
{{- printf "%s/%s" (include "modelyard.seed" .root) .purpose | sha256sum | trunc 40 -}}
{{- end }}

{{- define "modelyard.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "modelyard.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}
