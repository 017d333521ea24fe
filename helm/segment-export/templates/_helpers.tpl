{{/* Names and labels that several templates share. */}}

{{- define "segment-export.name" -}}
{{- $both := printf "%s-%s" .Release.Name .Chart.Name }}
{{- $name := ternary .Release.Name $both (contains .Chart.Name .Release.Name) }}
{{- default $name .Values.fullnameOverride | trunc 45 | trimSuffix "-" -}}
{{- end }}

{{- define "segment-export.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "segment-export.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "segment-export.selector" . }}
{{- end }}

{{- define "segment-export.image" -}}
{{- with .Values.image }}
{{- .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ default $.Chart.AppVersion .tag }}{{ end }}
{{- end -}}
{{- end }}

{{- define "segment-export.serviceAccount" -}}
{{- $own := ternary (include "segment-export.name" .) "default" .Values.serviceAccount.create }}
{{- default $own .Values.serviceAccount.name -}}
{{- end }}

{{/* A value as text. Helm reads numbers as floats, which would print 2000000 as `2e+06`. */}}
{{- define "segment-export.text" -}}
{{ if kindIs "float64" . }}{{ int64 . }}{{ else }}{{ . }}{{ end }}
{{- end }}

{{/* The components of the service; each is a Deployment. */}}
{{- define "segment-export.components" -}}
{{ ternary "all" "api worker scheduler" .Values.embedded }}
{{- end }}
