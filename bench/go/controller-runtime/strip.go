package main

import "k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

// kept are the fields that tekton/pipelinerun declares for PipelineRuns, without those of older Tekton versions.
var kept = [][]string{
	{"spec", "pipelineRef", "name"},
	{"spec", "params"},
	{"spec", "status"},
	{"status", "conditions"},
	{"status", "completionTime"},
	{"status", "results"},
}

// strip keeps metadata without managedFields, and the kept fields.
func strip(value any) (any, error) {
	object, ok := value.(*unstructured.Unstructured)
	if !ok {
		return value, nil
	}
	result := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": object.Object["apiVersion"],
		"kind":       object.Object["kind"],
		"metadata":   object.Object["metadata"],
	}}
	result.SetManagedFields(nil)
	for _, path := range kept {
		field, found, err := unstructured.NestedFieldNoCopy(object.Object, path...)
		if err != nil || !found {
			continue
		}
		parent := result.Object
		for _, name := range path[:len(path)-1] {
			next, ok := parent[name].(map[string]any)
			if !ok {
				next = map[string]any{}
				parent[name] = next
			}
			parent = next
		}
		parent[path[len(path)-1]] = field
	}
	children, _, _ := unstructured.NestedSlice(object.Object, "status", "childReferences")
	references := make([]any, 0, len(children))
	for _, child := range children {
		if fields, ok := child.(map[string]any); ok {
			references = append(references, map[string]any{
				"kind": fields["kind"], "name": fields["name"], "pipelineTaskName": fields["pipelineTaskName"],
			})
		}
	}
	if status, ok := result.Object["status"].(map[string]any); ok && len(references) > 0 {
		status["childReferences"] = references
	}
	return result, nil
}
