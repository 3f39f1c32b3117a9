{{- define "faultline.labels" -}}
app.kubernetes.io/part-of: faultline
{{- end -}}

{{- define "faultline.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* What a restricted namespace asks of a pod; no runAsUser, which is the image's or the namespace's. */}}
{{- define "faultline.podSecurityContext" -}}
runAsNonRoot: true
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "faultline.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* Where a pod goes. Takes the root, the name of the pods and their values. */}}
{{- define "faultline.placement" -}}
{{- with .values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- if .root.Values.highAvailability.enabled }}
priorityClassName: {{ .root.Values.highAvailability.priorityClass.name }}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector: {matchLabels: {app.kubernetes.io/name: {{ .name }}}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    whenUnsatisfiable: ScheduleAnyway
    labelSelector: {matchLabels: {app.kubernetes.io/name: {{ .name }}}}
    matchLabelKeys: [pod-template-hash]
{{- end }}
{{- end -}}

{{/* Environment of the processes, with what the values add. Takes how many MiB V8 has for young objects, and the values. */}}
{{- define "faultline.env" -}}
- {name: NODE_OPTIONS, value: --max-semi-space-size={{ .semiSpace }}}
- {name: MALLOC_ARENA_MAX, value: '2'}
- {name: MALLOC_MMAP_THRESHOLD_, value: '131072'}
{{- with .values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "faultline.pull" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
