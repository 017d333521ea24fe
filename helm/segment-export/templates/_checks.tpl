{{/* Checks of the values, before anything is installed. */}}

{{/* Rejects combinations of values that the schema cannot: each value is valid by itself. */}}
{{- define "segment-export.check" -}}
{{- with .Values }}
{{- if not .auth.issuer }}
{{- fail "auth.issuer is required: the issuer of the tokens that callers send" }}
{{- end }}
{{- if not .auth.audience }}
{{- fail "auth.audience is required: the audience that tokens must have" }}
{{- end }}
{{- if not .secrets.existingSecret }}
{{- if not (or .secrets.encryptionKeys .embedded) }}
{{- fail "secrets.encryptionKeys (or secrets.existingSecret) is required, unless embedded is true: id:base64key with a key of 32 bytes" }}
{{- end }}
{{- if not .embedded }}
{{- if not .secrets.databaseUrl }}
{{- fail "secrets.databaseUrl (or secrets.existingSecret) is required, unless embedded is true" }}
{{- end }}
{{- if not .secrets.redisUrl }}
{{- fail "secrets.redisUrl (or secrets.existingSecret) is required, unless embedded is true" }}
{{- end }}
{{- end }}
{{- /* Checked here and not by the schema, whose errors would print the secrets. */}}
{{- if not (regexMatch "^([A-Za-z0-9_-]+:[A-Za-z0-9+/]{43}=(,[A-Za-z0-9_-]+:[A-Za-z0-9+/]{43}=)*)?$" .secrets.encryptionKeys) }}
{{- fail "secrets.encryptionKeys must be id:base64key,… with keys of 32 bytes (openssl rand -base64 32)" }}
{{- end }}
{{- if not (regexMatch "^(postgres(ql)?://.+)?$" .secrets.databaseUrl) }}
{{- fail "secrets.databaseUrl must begin with postgres://" }}
{{- end }}
{{- if not (regexMatch "^(rediss?([+]sentinel)?://.+)?$" .secrets.redisUrl) }}
{{- fail "secrets.redisUrl must begin with redis:// or rediss://" }}
{{- end }}
{{- if and .oauth.clientId (not .secrets.oauthClientSecret) }}
{{- fail "secrets.oauthClientSecret is required with oauth.clientId" }}
{{- end }}
{{- if ne (empty .smtp.from) (empty .secrets.smtpUrl) }}
{{- fail "smtp.from and secrets.smtpUrl go together: set both, or none" }}
{{- end }}
{{- if ne .heartbeat.enabled (not (empty .secrets.heartbeatUrl)) }}
{{- fail "heartbeat.enabled and secrets.heartbeatUrl go together: set both, or none" }}
{{- end }}
{{- end }}
{{- if and .oauth.clientId (not .oauth.redirectUrl) }}
{{- fail "oauth.redirectUrl is required with oauth.clientId" }}
{{- end }}
{{- if and .embedded (or .api.autoscaling.enabled .worker.autoscaling.enabled) }}
{{- fail "an embedded service is one pod and cannot scale: disable autoscaling, or set embedded to false" }}
{{- end }}
{{- range $component, $of := dict "api" .api "worker" .worker }}
{{- with $of.autoscaling }}
{{- if and .enabled (gt (int .minReplicas) (int .maxReplicas)) }}
{{- $limits := printf "autoscaling.minReplicas (%v) is above %s.autoscaling.maxReplicas (%v)" .minReplicas $component .maxReplicas }}
{{- fail (printf "%s.%s" $component $limits) }}
{{- end }}
{{- end }}
{{- end }}
{{- range $label := append (keys (include "segment-export.labels" $ | fromYaml)) "app.kubernetes.io/component" }}
{{- if hasKey $.Values.podLabels $label }}
{{- fail (printf "podLabels.%s is not allowed, because the chart sets this label itself: rename yours" $label) }}
{{- end }}
{{- end }}
{{- include "segment-export.checkStorage" $ }}
{{- range $name := list "DEV" "AUTH_HS256_SECRET" "AUTH_HS256_SECRET_FILE" }}
{{- if hasKey $.Values.settings $name }}
{{- fail (printf "settings.%s is not allowed, because it is for local development only: remove it" $name) }}
{{- end }}
{{- end }}
{{- range $name := list
  "BIND" "ROLES" "DATABASE_URL" "REDIS_URL" "STORAGE_URL" "STORAGE_ROOTS" "STORAGE_OPTIONS" "SQL_SOURCES" "ENCRYPTION_KEYS"
  "AUTH_ISSUER" "AUTH_AUDIENCE" "AUTH_JWKS_URL" "CAMPAIGN_MONITOR_URL" "OAUTH_CLIENT_ID" "OAUTH_CLIENT_SECRET"
  "OAUTH_REDIRECT_URL" "OAUTH_RETURN_URL" "RUNS_IN_PARALLEL" "DRAIN_MS"
  "DATABASE_URL_FILE" "REDIS_URL_FILE" "ENCRYPTION_KEYS_FILE" "OAUTH_CLIENT_SECRET_FILE"
  "SMTP_URL" "SMTP_URL_FILE" "SMTP_FROM" "HEARTBEAT_URL" "HEARTBEAT_URL_FILE" }}
{{- if hasKey $.Values.settings $name }}
{{- fail (printf "settings.%s is not allowed, because the chart sets it: use the value of the chart instead" $name) }}
{{- end }}
{{- end }}
{{- range $name := keys (omit .networkPolicy.egress "extra") }}
{{- if hasKey $.Values.networkPolicy.egress.extra $name }}
{{- fail (printf "networkPolicy.egress.extra.%s is not allowed: set networkPolicy.egress.%s, or use another name" $name $name) }}
{{- end }}
{{- end }}
{{- if .apply.configuration }}
{{- if not .apply.instance }}
{{- fail "apply.instance is required with apply.configuration: the id of the instance" }}
{{- end }}
{{- if not .apply.token }}
{{- fail "apply.token is required with apply.configuration: the secret and the key that hold the token" }}
{{- end }}
{{- end }}
{{- if and .ingress.enabled (not .ingress.host) }}
{{- fail "ingress.host is required with ingress.enabled" }}
{{- end }}
{{- if and .httpRoute.enabled (not .httpRoute.parentRefs) }}
{{- fail "httpRoute.parentRefs is required with httpRoute.enabled" }}
{{- end }}
{{- end }}
{{- end }}

{{/* Rejects combinations of storage values that the schema cannot: each value is valid by itself. */}}
{{- define "segment-export.checkStorage" -}}
{{- with .Values.storage }}
{{- if hasKey .roots "default" }}
{{- fail "storage.roots.default is not allowed, because the default root is storage.url: rename this root" }}
{{- end }}
{{- if $.Values.embedded }}
{{- if or .url .existingClaim .options .secretOptions }}
{{- fail "storage.url and its options are not allowed when embedded is true, because members are on the volume" }}
{{- end }}
{{- else }}
{{- if not .url }}
{{- fail "storage.url is required, unless embedded is true" }}
{{- end }}
{{- if and (hasPrefix "file://" .url) (not .existingClaim) }}
{{- fail "storage.url is a directory: set storage.existingClaim to the claim (ReadWriteMany) to mount there" }}
{{- end }}
{{- end }}
{{- $taken := dict "/" "the root of the image" "/tmp" "temporary files" "/secrets" "secretFiles" }}
{{- range include "segment-export.claims" $ | fromJsonArray }}
{{- $root := ternary "the default root" (trimPrefix "root-" .name | printf "the root %s") (eq .name "files") }}
{{- $at := clean .at }}
{{- if hasKey $taken $at }}
{{- fail (printf "storage: %s is the directory of %s and of %s: use another for each root" $at (get $taken $at) $root) }}
{{- end }}
{{- $_ := set $taken $at $root }}
{{- end }}
{{- range $root, $of := set (deepCopy .roots) "default" (omit . "roots") }}
{{- $path := ternary "storage" (printf "storage.roots.%s" $root) (eq $root "default") }}
{{- if and (ne $root "default") (hasPrefix "file://" $of.url) (not $of.existingClaim) }}
{{- fail (printf "%s.url is a directory: set %s.existingClaim to the claim to mount there" $path $path) }}
{{- end }}
{{- range $option, $_ := $of.options }}
{{- if regexMatch "(key|secret|token|password)$" $option }}
{{- fail (printf "%s.options.%s is a secret: name the secret that holds it in %s.secretOptions" $path $option $path) }}
{{- end }}
{{- if hasKey (default (dict) $of.secretOptions) $option }}
{{- fail (printf "%s has %s in options and in secretOptions: remove one" $path $option) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
