package main

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type subject struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace"`
	Name       string `json:"name"`
	Aspect     string `json:"aspect,omitempty"`
}

type order struct {
	Class       string `json:"class"`
	CompletedAt string `json:"completedAt,omitempty"`
	CreatedAt   string `json:"createdAt,omitempty"`
	UID         string `json:"uid"`
	Detail      int    `json:"detail"`
	Epoch       int    `json:"epoch"`
	Sequence    int    `json:"sequence"`
}

type observed struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	UID        string `json:"uid"`
}

type link struct {
	Rel   string `json:"rel"`
	Title string `json:"title"`
	URL   string `json:"url"`
}

type finding struct {
	Key         string            `json:"key"`
	Type        string            `json:"type"`
	Severity    string            `json:"severity"`
	Reason      string            `json:"reason"`
	Title       string            `json:"title"`
	Description string            `json:"description"`
	Links       []link            `json:"links"`
	Labels      map[string]string `json:"labels"`
}

type body struct {
	Complete bool      `json:"complete"`
	Findings []finding `json:"findings"`
}

type report struct {
	Source     string   `json:"source"`
	Namespace  string   `json:"namespace"`
	Subject    subject  `json:"subject"`
	Order      order    `json:"order"`
	ObservedAt string   `json:"observedAt,omitempty"`
	Observed   observed `json:"observed"`
	ExpiresAt  string   `json:"expiresAt,omitempty"`
	Body       body     `json:"body"`
}

const pac = "pipelinesascode.tekton.dev/"

// observe says of a Konflux build by Pipelines-as-Code what tekton/pipelinerun says of it.
func observe(run *unstructured.Unstructured) (report, bool) {
	condition := succeeded(run)
	status, _ := condition["status"].(string)
	if status != "True" && status != "False" {
		return report{}, false
	}
	labels, annotations := run.GetLabels(), run.GetAnnotations()
	completed, _, _ := unstructured.NestedString(run.Object, "status", "completionTime")
	created := run.GetCreationTimestamp().UTC().Format(time.RFC3339)
	transition, _ := condition["lastTransitionTime"].(string)
	component := labels["appstudio.openshift.io/component"]
	place, lifetime := placeOf(labels, annotations)
	about := subject{
		APIVersion: "appstudio.redhat.com/v1alpha1", Kind: "Component", Namespace: run.GetNamespace(), Name: component,
		Aspect: labels["pipelines.appstudio.openshift.io/type"] + "/" + place,
	}
	answer := report{
		Source: "tekton-pipelinerun", Namespace: run.GetNamespace(), Subject: about,
		Order:      order{Class: "run", CompletedAt: completed, CreatedAt: created, UID: string(run.GetUID()), Epoch: 1, Sequence: 1},
		ObservedAt: transition,
		Observed:   observed{APIVersion: run.GetAPIVersion(), Kind: run.GetKind(), Name: run.GetName(), UID: string(run.GetUID())},
		Body:       body{Complete: true, Findings: []finding{}},
	}
	if ended, err := time.Parse(time.RFC3339, completed); err == nil {
		answer.ExpiresAt = ended.Add(lifetime).Format(time.RFC3339)
	}
	if status == "False" {
		answer.Body.Findings = append(answer.Body.Findings, failure(run, condition, place))
	}
	return answer, true
}

func succeeded(run *unstructured.Unstructured) map[string]any {
	conditions, _, _ := unstructured.NestedSlice(run.Object, "status", "conditions")
	for _, each := range conditions {
		if condition, ok := each.(map[string]any); ok && condition["type"] == "Succeeded" {
			return condition
		}
	}
	return map[string]any{}
}

func placeOf(labels, annotations map[string]string) (string, time.Duration) {
	if labels[pac+"event-type"] == "pull_request" {
		return "pr/" + labels[pac+"pull-request"], 14 * 24 * time.Hour
	}
	return strings.TrimPrefix(annotations[pac+"branch"], "refs/heads/"), 90 * 24 * time.Hour
}

func failure(run *unstructured.Unstructured, condition map[string]any, place string) finding {
	labels, annotations := run.GetLabels(), run.GetAnnotations()
	component := labels["appstudio.openshift.io/component"]
	message, _ := condition["message"].(string)
	reason, _ := condition["reason"].(string)
	if reason == "Failed" {
		reason = "TaskRunFailed"
	}
	where, severity, stage := " on "+place, "major", "releasable"
	if number, isPullRequest := strings.CutPrefix(place, "pr/"); isPullRequest {
		where, severity, stage = " for pull request "+number, "minor", "development"
	}
	sha := labels[pac+"sha"]
	if len(sha) > 12 {
		sha = sha[:12]
	}
	return finding{
		Key: "run", Type: "build", Severity: severity, Reason: reason,
		Title: fmt.Sprintf("Build of %s%s failed", component, where),
		Description: fmt.Sprintf("%s\n\nPipelineRun %s/%s, commit %s %q", message, run.GetNamespace(), run.GetName(), sha,
			annotations[pac+"sha-title"]),
		Links: []link{
			{Rel: "log", Title: "Log", URL: annotations[pac+"log-url"]},
			{Rel: "commit", Title: annotations[pac+"sha-title"], URL: annotations[pac+"sha-url"]},
		},
		Labels: map[string]string{
			"faultline.dev/stage": stage, "faultline.dev/origin": "user", "faultline.dev/component": component,
			"faultline.dev/application": labels["appstudio.openshift.io/application"],
		},
	}
}
