{{/* Where members are kept: roots, databases with tables, and what leads into them. */}}

{{/* Variables of secrets come first: those after them are put together from them. */}}
{{- define "segment-export.storageEnv" -}}
{{- $storage := .Values.storage }}
{{- $roots := list }}
{{- $options := list }}
{{- range $root, $of := set (deepCopy $storage.roots) "default" (omit $storage "roots") }}
{{- if ne $root "default" }}{{ $roots = append $roots (printf "%s=%s" $root $of.url) }}{{ end }}
{{- range $option, $value := $of.options }}{{ $options = append $options (printf "%s.%s=%s" $root $option (include "segment-export.text" $value)) }}{{ end }}
{{- range $option, $secret := $of.secretOptions }}
{{- $name := printf "STORAGE_%s_%s" $root $option | upper | replace "-" "_" }}
{{ include "segment-export.secretEnv" (dict "name" $name "secret" $secret.name "key" $secret.key) }}
{{- $options = append $options (printf "%s.%s=$(%s)" $root $option $name) }}
{{- end }}
{{- end }}
{{- $sources := list }}
{{- range $source, $secret := .Values.sqlSources }}
{{- $name := printf "SQL_SOURCE_%s" $source | upper | replace "-" "_" }}
{{ include "segment-export.secretEnv" (dict "name" $name "secret" $secret.name "key" $secret.key) }}
{{- $sources = append $sources (printf "%s=$(%s)" $source $name) }}
{{- end }}
{{- range $setting, $entries := dict "STORAGE_ROOTS" $roots "STORAGE_OPTIONS" $options "SQL_SOURCES" $sources }}{{ with $entries }}
- name: SEGMENT_EXPORT_{{ $setting }}
  value: {{ join " " . | quote }}
{{- end }}{{ end }}
{{- end }}

{{/* The claims that are mounted, as a list of {name, at, claim, readOnly}. */}}
{{- define "segment-export.claims" -}}
{{- $own := default (include "segment-export.name" .) .Values.volume.existingClaim }}
{{- $claims := list }}
{{- if .Values.embedded }}
{{- $claims = list (dict "name" "files" "at" "/data" "claim" $own "readOnly" false) }}
{{- else if hasPrefix "file://" .Values.storage.url }}
{{- $claims = list (dict "name" "files" "at" (trimPrefix "file://" .Values.storage.url) "claim" .Values.storage.existingClaim "readOnly" false) }}
{{- end }}
{{- range $root, $of := .Values.storage.roots }}{{ if hasPrefix "file://" $of.url }}
{{- $claims = append $claims (dict "name" (printf "root-%s" $root) "at" (trimPrefix "file://" $of.url) "claim" $of.existingClaim "readOnly" true) }}
{{- end }}{{ end }}
{{- toJson $claims }}
{{- end }}

{{/* What cannot work, though each value for itself is good. */}}
{{- define "segment-export.checkStorage" -}}
{{- with .Values.storage }}
{{- if hasKey .roots "default" }}{{ fail "storage.roots.default has no place here: the default root is storage.url" }}{{ end }}
{{- if $.Values.embedded }}
{{- if or .url .existingClaim .options .secretOptions }}{{ fail "storage.url has no place when embedded is true, nor have its options: members are kept on the volume" }}{{ end }}
{{- else }}
{{- if not .url }}{{ fail "storage.url is required, unless embedded is true" }}{{ end }}
{{- if and (hasPrefix "file://" .url) (not .existingClaim) }}{{ fail "storage.url is a directory: name the claim (ReadWriteMany) that is mounted there in storage.existingClaim" }}{{ end }}
{{- end }}
{{- $taken := dict "/" "the root of the image" "/tmp" "temporary files" "/secrets" "secretFiles" }}
{{- range include "segment-export.claims" $ | fromJsonArray }}
{{- $root := ternary "the default root" (trimPrefix "root-" .name | printf "the root %s") (eq .name "files") }}
{{- $at := clean .at }}
{{- if hasKey $taken $at }}{{ fail (printf "storage: %s is the directory of %s and of %s: give each root one of its own" $at (get $taken $at) $root) }}{{ end }}
{{- $_ := set $taken $at $root }}
{{- end }}
{{- range $root, $of := set (deepCopy .roots) "default" (omit . "roots") }}
{{- $path := ternary "storage" (printf "storage.roots.%s" $root) (eq $root "default") }}
{{- if and (ne $root "default") (hasPrefix "file://" $of.url) (not $of.existingClaim) }}{{ fail (printf "%s.url is a directory: name the claim that is mounted there in %s.existingClaim" $path $path) }}{{ end }}
{{- range $option, $_ := $of.options }}
{{- if regexMatch "(key|secret|token|password)$" $option }}{{ fail (printf "%s.options.%s is a secret: name the secret it is in, in %s.secretOptions" $path $option $path) }}{{ end }}
{{- if hasKey (default (dict) $of.secretOptions) $option }}{{ fail (printf "%s has %s in options and in secretOptions: once is enough" $path $option) }}{{ end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
