{{/* Where members are stored: roots, databases with tables, and their credentials. */}}

{{/* Variables from secrets come first, because later variables refer to them. */}}
{{- define "segment-export.storageEnv" -}}
{{- $storage := .Values.storage }}
{{- $roots := list }}
{{- $options := list }}
{{- range $root, $of := set (deepCopy $storage.roots) "default" (omit $storage "roots") }}
{{- if ne $root "default" }}{{ $roots = append $roots (printf "%s=%s" $root $of.url) }}{{ end }}
{{- range $option, $value := $of.options }}
{{- $options = append $options (printf "%s.%s=%s" $root $option (include "segment-export.text" $value)) }}
{{- end }}
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
{{- range $setting, $entries := dict "STORAGE_ROOTS" $roots "STORAGE_OPTIONS" $options "SQL_SOURCES" $sources }}
{{- with $entries }}
- name: SEGMENT_EXPORT_{{ $setting }}
  value: {{ join " " . | quote }}
{{- end }}{{ end }}
{{- end }}

{{/* The claims to mount, as a list of {name, at, claim, readOnly}. */}}
{{- define "segment-export.claims" -}}
{{- $own := default (include "segment-export.name" .) .Values.volume.existingClaim }}
{{- $claims := list }}
{{- if .Values.embedded }}
{{- $claims = list (dict "name" "files" "at" "/data" "claim" $own "readOnly" false) }}
{{- else if hasPrefix "file://" .Values.storage.url }}
{{- $at := trimPrefix "file://" .Values.storage.url }}
{{- $claims = list (dict "name" "files" "at" $at "claim" .Values.storage.existingClaim "readOnly" false) }}
{{- end }}
{{- range $root, $of := .Values.storage.roots }}{{ if hasPrefix "file://" $of.url }}
{{- $at := trimPrefix "file://" $of.url }}
{{- $claims = append $claims (dict "name" (printf "root-%s" $root) "at" $at "claim" $of.existingClaim "readOnly" true) }}
{{- end }}{{ end }}
{{- toJson $claims }}
{{- end }}
