package main

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	crcache "sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func dynamicInformer(ctx context.Context, config *rest.Config, spec clientSpec) (contents, error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return running(ctx, dynamicinformer.NewFilteredDynamicInformer(
		client, issues, spec.Namespace, 0, cache.Indexers{}, spec.selected).Informer()), nil
}

func metadataInformer(ctx context.Context, config *rest.Config, spec clientSpec) (contents, error) {
	client, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return running(ctx, metadatainformer.NewFilteredMetadataInformer(
		client, issues, spec.Namespace, 0, cache.Indexers{}, spec.selected).Informer()), nil
}

// running starts the informer and reads its store.
func running(ctx context.Context, informer cache.SharedIndexInformer) contents {
	go informer.RunWithContext(ctx)
	return func() ([]any, bool) { return informer.GetStore().List(), informer.HasSynced() }
}

func (spec clientSpec) selected(options *metav1.ListOptions) {
	options.LabelSelector = spec.LabelSelector
	options.FieldSelector = spec.FieldSelector
}

// controllerRuntimeCache is what a manager has: its informers, found through discovery.
func controllerRuntimeCache(ctx context.Context, config *rest.Config, spec clientSpec) (contents, error) {
	label, err := labels.Parse(spec.LabelSelector)
	if err != nil {
		return nil, err
	}
	field, err := fields.ParseSelector(spec.FieldSelector)
	if err != nil {
		return nil, err
	}
	issue := &unstructured.Unstructured{}
	issue.SetGroupVersionKind(issueKind)
	options := crcache.Options{
		Scheme:   runtime.NewScheme(),
		ByObject: map[client.Object]crcache.ByObject{issue: {Label: label, Field: field}},
	}
	if spec.Namespace != "" {
		options.DefaultNamespaces = map[string]crcache.Config{spec.Namespace: {}}
	}
	objects, err := crcache.New(config, options)
	if err != nil {
		return nil, err
	}
	go func() { _ = objects.Start(ctx) }()
	informer, err := objects.GetInformer(ctx, issue, crcache.BlockUntilSynced(false))
	if err != nil {
		return nil, err
	}
	return func() ([]any, bool) {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(issueKind.GroupVersion().WithKind("IssueList"))
		if !informer.HasSynced() || objects.List(ctx, list) != nil {
			return nil, false
		}
		held := make([]any, len(list.Items))
		for index := range list.Items {
			held[index] = list.Items[index].Object
		}
		return held, true
	}, nil
}
