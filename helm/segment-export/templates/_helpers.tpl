{{/* What is said in more than one place. */}}

{{- define "segment-export.name" -}}
{{- default (ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) (contains .Chart.Name .Release.Name)) .Values.fullnameOverride | trunc 45 | trimSuffix "-" -}}
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
{{- with .Values.image }}{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ default $.Chart.AppVersion .tag }}{{ end }}{{ end -}}
{{- end }}

{{- define "segment-export.serviceAccount" -}}
{{- with .Values.serviceAccount }}{{ default (ternary (include "segment-export.name" $) "default" .create) .name }}{{ end -}}
{{- end }}

{{/* A value as it is written: a whole number read from YAML would else be `2e+06`. */}}
{{- define "segment-export.text" -}}
{{ if kindIs "float64" . }}{{ int64 . }}{{ else }}{{ . }}{{ end }}
{{- end }}

{{/* The parts of the service, each with its pods. */}}
{{- define "segment-export.parts" -}}
{{ ternary "all" "api worker scheduler" .Values.embedded }}
{{- end }}

{{/* What cannot work, though each value for itself is good. */}}
{{- define "segment-export.check" -}}
{{- with .Values }}
{{- if not .auth.issuer }}{{ fail "auth.issuer is required: the issuer of the tokens callers bring" }}{{ end }}
{{- if not .auth.audience }}{{ fail "auth.audience is required: the audience the tokens must name" }}{{ end }}
{{- if not .secrets.existingSecret }}
{{- if not .secrets.encryptionKeys }}{{ fail "secrets.encryptionKeys (or secrets.existingSecret) is required: id:base64key, with a key of 32 bytes" }}{{ end }}
{{- if not .embedded }}
{{- if not .secrets.databaseUrl }}{{ fail "secrets.databaseUrl (or secrets.existingSecret) is required, unless embedded is true" }}{{ end }}
{{- if not .secrets.redisUrl }}{{ fail "secrets.redisUrl (or secrets.existingSecret) is required, unless embedded is true" }}{{ end }}
{{- end }}
{{- /* The schema would print what it refuses. */}}
{{- if not (regexMatch "^[A-Za-z0-9_-]+:[A-Za-z0-9+/]{43}=(,[A-Za-z0-9_-]+:[A-Za-z0-9+/]{43}=)*$" .secrets.encryptionKeys) }}{{ fail "secrets.encryptionKeys must be id:base64key,… with keys of 32 bytes (openssl rand -base64 32)" }}{{ end }}
{{- if not (regexMatch "^(postgres(ql)?://.+)?$" .secrets.databaseUrl) }}{{ fail "secrets.databaseUrl must begin with postgres://" }}{{ end }}
{{- if not (regexMatch "^(rediss?://.+)?$" .secrets.redisUrl) }}{{ fail "secrets.redisUrl must begin with redis:// or rediss://" }}{{ end }}
{{- if and .oauth.clientId (not .secrets.oauthClientSecret) }}{{ fail "secrets.oauthClientSecret is required with oauth.clientId" }}{{ end }}
{{- end }}
{{- if and .oauth.clientId (not .oauth.redirectUrl) }}{{ fail "oauth.redirectUrl is required with oauth.clientId" }}{{ end }}
{{- if and .embedded (or .api.autoscaling.enabled .worker.autoscaling.enabled) }}{{ fail "an embedded service is one pod and cannot be scaled: leave autoscaling off, or set embedded to false" }}{{ end }}
{{- range $part, $of := dict "api" .api "worker" .worker }}
{{- with $of.autoscaling }}{{ if and .enabled (gt (int .min) (int .max)) }}{{ fail (printf "%s.autoscaling.min (%v) is above %s.autoscaling.max (%v)" $part .min $part .max) }}{{ end }}{{ end }}
{{- end }}
{{- range $label := append (keys (include "segment-export.labels" $ | fromYaml)) "app.kubernetes.io/component" }}
{{- if hasKey $.Values.podLabels $label }}{{ fail (printf "podLabels has %s, which the chart sets itself: give the label another name" $label) }}{{ end }}
{{- end }}
{{- include "segment-export.checkStorage" $ }}
{{- range $name := list "BIND" "ROLES" "DEV" "DATABASE_URL" "REDIS_URL" "STORAGE_URL" "STORAGE_ROOTS" "STORAGE_OPTIONS" "SQL_SOURCES" "ENCRYPTION_KEYS" "AUTH_ISSUER" "AUTH_AUDIENCE" "AUTH_JWKS_URL" "CAMPAIGN_MONITOR_URL" "OAUTH_CLIENT_ID" "OAUTH_REDIRECT_URL" "OAUTH_RETURN_URL" "OAUTH_CLIENT_SECRET" "AUTH_HS256_SECRET" "RUNS_IN_PARALLEL" "DRAIN_MS" }}
{{- if hasKey $.Values.settings $name }}{{ fail (printf "settings.%s has no place here: it has a value of its own, or is for laptops only" $name) }}{{ end }}
{{- end }}
{{- range $name := keys (omit .networkPolicy.egress "more") }}
{{- if hasKey $.Values.networkPolicy.egress.more $name }}{{ fail (printf "networkPolicy.egress.more.%s has no place here: set networkPolicy.egress.%s, or give it another name" $name $name) }}{{ end }}
{{- end }}
{{- if and .ingress.enabled (not .ingress.host) }}{{ fail "ingress.host is required with ingress.enabled" }}{{ end }}
{{- if and .httpRoute.enabled (not .httpRoute.parentRefs) }}{{ fail "httpRoute.parentRefs is required with httpRoute.enabled" }}{{ end }}
{{- end }}
{{- end }}
