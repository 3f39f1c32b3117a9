package main

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/pager"
	watchtools "k8s.io/client-go/tools/watch"
	"k8s.io/klog/v2"
)

// retryWatcher lists in pages, then follows with a RetryWatcher from the list's resourceVersion and lists again when
// that has expired, as Argo CD's cluster cache does.
func retryWatcher(ctx context.Context, config *rest.Config, spec clientSpec) (contents, error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	follower := &follower{spec: spec, resource: client.Resource(issues).Namespace(spec.Namespace)}
	go func() {
		for ctx.Err() == nil {
			if err := follower.listAndWatch(ctx); err != nil {
				klog.FromContext(ctx).Info("List or watch failed", "client", spec.Name, "err", err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}()
	return follower.contents, nil
}

type follower struct {
	spec     clientSpec
	resource dynamic.ResourceInterface
	lock     sync.Mutex
	synced   bool
	objects  map[string]*unstructured.Unstructured
}

func (f *follower) listAndWatch(ctx context.Context) error {
	pages := pager.New(func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		return f.resource.List(ctx, options)
	})
	pages.PageSize = 50 // several pages, of few objects
	options := metav1.ListOptions{}
	f.spec.selected(&options)
	list, _, err := pages.ListWithAlloc(ctx, options)
	if err != nil {
		return err
	}
	resourceVersion, err := f.replace(list)
	if err != nil {
		return err
	}
	watcher, err := watchtools.NewRetryWatcherWithContext(ctx, resourceVersion, &cache.ListWatch{
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			f.spec.selected(&options)
			return f.resource.Watch(ctx, options)
		},
	})
	if err != nil {
		return err
	}
	defer watcher.Stop()
	for event := range watcher.ResultChan() {
		f.apply(event)
	}
	return nil
}

func (f *follower) replace(list runtime.Object) (string, error) {
	objects := map[string]*unstructured.Unstructured{}
	err := meta.EachListItem(list, func(item runtime.Object) error {
		object := item.(*unstructured.Unstructured)
		objects[key(object)] = object
		return nil
	})
	if err != nil {
		return "", err
	}
	accessor, err := meta.ListAccessor(list)
	if err != nil {
		return "", err
	}
	f.lock.Lock()
	defer f.lock.Unlock()
	f.objects, f.synced = objects, true
	return accessor.GetResourceVersion(), nil
}

func (f *follower) apply(event watch.Event) {
	object, isObject := event.Object.(*unstructured.Unstructured)
	if !isObject {
		return // the Status of an error: the watcher ends after it
	}
	f.lock.Lock()
	defer f.lock.Unlock()
	switch event.Type {
	case watch.Added, watch.Modified:
		f.objects[key(object)] = object
	case watch.Deleted:
		delete(f.objects, key(object))
	}
}

func (f *follower) contents() ([]any, bool) {
	f.lock.Lock()
	defer f.lock.Unlock()
	held := make([]any, 0, len(f.objects))
	for _, object := range f.objects {
		held = append(held, object.Object)
	}
	return held, f.synced
}

func key(object *unstructured.Unstructured) string {
	return object.GetNamespace() + "/" + object.GetName()
}
