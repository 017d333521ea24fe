{{/* Pods of the service and their settings. */}}

{{- define "segment-export.secretEnv" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
{{- end }}

{{/* A setting from the secret of the service: its value, or the file that holds it. Context: {root, setting, secret, key}. */}}
{{- define "segment-export.ownSecretEnv" -}}
{{- if .root.Values.secrets.asFiles -}}
- name: {{ .setting }}_FILE
  value: /run/secrets/segment-export/{{ .key }}
{{- else -}}
{{ include "segment-export.secretEnv" (dict "name" .setting "secret" .secret "key" .key) }}
{{- end }}
{{- end }}

{{- define "segment-export.databaseEnv" -}}
{{- if .root.Values.embedded -}}
- name: SEGMENT_EXPORT_DATABASE_URL
  value: sqlite:///data/segment-export.db
{{- else -}}
{{ include "segment-export.ownSecretEnv" (dict "root" .root "setting" "SEGMENT_EXPORT_DATABASE_URL" "secret" .secret "key" "databaseUrl") }}
{{- end }}
{{- end }}

{{/* The settings of a component. Context: {root, component}. */}}
{{- define "segment-export.env" -}}
{{- $v := .root.Values }}
{{- $secret := default (include "segment-export.name" .root) $v.secrets.existingSecret }}
- name: SEGMENT_EXPORT_BIND
  value: {{ printf "0.0.0.0:%v" $v.port | quote }}
- name: SEGMENT_EXPORT_ROLES
  value: {{ ternary "api,worker,scheduler" .component (eq .component "all") }}
{{ include "segment-export.databaseEnv" (dict "root" .root "secret" $secret) }}
{{- if not $v.embedded }}
{{ include "segment-export.ownSecretEnv" (dict "root" .root "setting" "SEGMENT_EXPORT_REDIS_URL" "secret" $secret "key" "redisUrl") }}
{{- end }}
{{ include "segment-export.ownSecretEnv" (dict "root" .root "setting" "SEGMENT_EXPORT_ENCRYPTION_KEYS" "secret" $secret "key" "encryptionKeys") }}
{{- if $v.oauth.clientId }}
{{ include "segment-export.ownSecretEnv" (dict "root" .root "setting" "SEGMENT_EXPORT_OAUTH_CLIENT_SECRET" "secret" $secret "key" "oauthClientSecret") }}
{{- end }}
{{- if $v.smtp.from }}
{{ include "segment-export.ownSecretEnv" (dict "root" .root "setting" "SEGMENT_EXPORT_SMTP_URL" "secret" $secret "key" "smtpUrl") }}
{{- end }}
{{- if $v.heartbeat.enabled }}
{{ include "segment-export.ownSecretEnv" (dict "root" .root "setting" "SEGMENT_EXPORT_HEARTBEAT_URL" "secret" $secret "key" "heartbeatUrl") }}
{{- end }}
{{- include "segment-export.storageEnv" .root }}
{{- $plain := dict
  "SEGMENT_EXPORT_AUTH_ISSUER" $v.auth.issuer
  "SEGMENT_EXPORT_AUTH_AUDIENCE" $v.auth.audience
  "SEGMENT_EXPORT_AUTH_JWKS_URL" $v.auth.jwksUrl
  "SEGMENT_EXPORT_STORAGE_URL" (ternary "file:///data/segments" $v.storage.url $v.embedded)
  "SEGMENT_EXPORT_CAMPAIGN_MONITOR_URL" $v.campaignMonitorUrl
  "SEGMENT_EXPORT_OAUTH_CLIENT_ID" $v.oauth.clientId
  "SEGMENT_EXPORT_OAUTH_REDIRECT_URL" $v.oauth.redirectUrl
  "SEGMENT_EXPORT_OAUTH_RETURN_URL" $v.oauth.returnUrl
  "SEGMENT_EXPORT_SMTP_FROM" $v.smtp.from
  "SEGMENT_EXPORT_RUNS_IN_PARALLEL" $v.worker.runsInParallel
  "SEGMENT_EXPORT_DRAIN_MS" (mul $v.drainSeconds 1000)
  "OTEL_EXPORTER_OTLP_ENDPOINT" $v.otlpEndpoint
  "RUST_LOG" $v.log }}
{{- range $name, $value := $v.settings }}
{{- $_ := set $plain (printf "SEGMENT_EXPORT_%s" $name) (include "segment-export.text" $value) }}
{{- end }}
{{- range $name, $value := $plain }}{{ if ne (toString $value) "" }}
- name: {{ $name }}
  value: {{ toString $value | quote }}
{{- end }}{{ end }}
{{- with $v.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* A pod. Context: {root, component, args, env, resources, secret, runToCompletion, config}; runToCompletion for pods that end by
     themselves, secret where it is not the one of the service, config for a ConfigMap to mount at /etc/segment-export. */}}
{{- define "segment-export.pod" -}}
{{- $v := .root.Values }}
{{- $ends := default false .runToCompletion }}
{{- $claims := ternary (list) (include "segment-export.claims" .root | fromJsonArray) $ends }}
{{- /* These call only the service, so they need no files of secrets. */}}
{{- $isClient := has .component (list "test" "apply") }}
{{- $files := ternary (dict) $v.secretFiles $isClient }}
{{- $secret := default (default (include "segment-export.name" .root) $v.secrets.existingSecret) .secret }}
{{- $secretIsMounted := and $v.secrets.asFiles (not $isClient) }}
{{- $sidecars := ternary (list) $v.sidecars $isClient }}
{{- /* An account that the release makes does not exist yet when the migration runs. */}}
{{- $hasAccount := or (not $ends) (and (eq .component "migrate") (not $v.serviceAccount.create)) -}}
metadata:
  labels:
    {{- include "segment-export.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
    {{- with $v.podLabels }}{{ toYaml . | nindent 4 }}{{ end }}
  annotations:
    checksum/secrets: {{ toJson $v.secrets | sha256sum }}
    {{- with $v.podAnnotations }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  serviceAccountName: {{ ternary (include "segment-export.serviceAccount" .root) "default" $hasAccount }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with $v.imagePullSecrets }}
  imagePullSecrets: {{ toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
  {{- if $ends }}
  restartPolicy: Never
  {{- else }}
  # preStop, the drain, and time to flush traces and logs after it.
  terminationGracePeriodSeconds: {{ add $v.drainSeconds 25 }}
  {{- if ne .component "all" }}
  topologySpreadConstraints:
    {{- range $v.topologySpreadKeys }}
    - topologyKey: {{ . }}
      maxSkew: 1
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "segment-export.selector" $.root | nindent 10 }}
          app.kubernetes.io/component: {{ $.component }}
    {{- end }}
  {{- end }}
  {{- end }}
  {{- with $v.nodeSelector }}
  nodeSelector: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with $v.tolerations }}
  tolerations: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with $sidecars }}
  # They start before the service, and end after it, also where it ends by itself.
  initContainers:
    {{- range . }}
    {{- $mounts := append (default (list) .volumeMounts) (dict "name" "passwords" "mountPath" "/run/passwords") }}
    - {{- toYaml (merge (dict "restartPolicy" "Always" "volumeMounts" $mounts) .) | nindent 6 }}
    {{- end }}
  {{- end }}
  containers:
    - name: {{ .component }}
      image: {{ include "segment-export.image" .root }}
      imagePullPolicy: {{ $v.image.pullPolicy }}
      args: {{ toJson .args }}
      env: {{ .env | nindent 8 }}
      resources: {{ toYaml .resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      {{- if not $ends }}
      ports:
        - {name: http, containerPort: {{ $v.port }}}
      # At the start, a process may wait for another one that migrates the database.
      startupProbe:
        httpGet: {path: /livez, port: http}
        periodSeconds: 2
        failureThreshold: 150
      livenessProbe:
        httpGet: {path: /livez, port: http}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: {path: /readyz, port: http}
        periodSeconds: 5
        timeoutSeconds: 10
        failureThreshold: 2
      lifecycle:
        # Load balancers need this time to notice that the pod stops.
        preStop: {sleep: {seconds: 5}}
      {{- end }}
      volumeMounts:
        - {name: tmp, mountPath: /tmp}
        {{- range $claims }}
        - {name: {{ .name }}, mountPath: {{ .at }}{{ if .readOnly }}, readOnly: true{{ end }}}
        {{- end }}
        {{- if $secretIsMounted }}
        - {name: secrets, mountPath: /run/secrets/segment-export, readOnly: true}
        {{- end }}
        {{- if .config }}
        - {name: config, mountPath: /etc/segment-export, readOnly: true}
        {{- end }}
        {{- if $sidecars }}
        - {name: passwords, mountPath: /run/passwords, readOnly: true}
        {{- end }}
        {{- range $name, $_ := $files }}
        - {name: secret-{{ $name }}, mountPath: /secrets/{{ $name }}, readOnly: true}
        {{- end }}
  volumes:
    - name: tmp
      emptyDir: {sizeLimit: {{ $v.tmpSize }}}
    {{- range $claims }}
    - name: {{ .name }}
      persistentVolumeClaim: {claimName: {{ .claim }}{{ if .readOnly }}, readOnly: true{{ end }}}
    {{- end }}
    {{- if $secretIsMounted }}
    - name: secrets
      # 288 is 0440: its user and group may read them, nobody else.
      secret: {secretName: {{ $secret }}, defaultMode: 288}
    {{- end }}
    {{- if .config }}
    - name: config
      configMap: {name: {{ .config }}}
    {{- end }}
    {{- if $sidecars }}
    - name: passwords
      emptyDir: {medium: Memory, sizeLimit: 1Mi}
    {{- end }}
    {{- range $name, $secret := $files }}
    - name: secret-{{ $name }}
      secret: {secretName: {{ $secret }}}
    {{- end }}
{{- end }}
