// A controller of PipelineRuns on controller-runtime: one reconcile for each run, and the report that faultline's
// tekton/pipelinerun sends about it, in batches of what arrived while the previous one was under way.
//
//	-cache default   the unstructured cache as it comes
//	-cache stripped  a transform keeps the fields that tekton/pipelinerun declares
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

var pipelineRun = schema.GroupVersionKind{Group: "tekton.dev", Version: "v1", Kind: "PipelineRun"}

func main() {
	kind := flag.String("cache", "default", "default or stripped")
	server := flag.String("server", "", "where reports go")
	ca := flag.String("server-ca-file", "", "the authority of its certificate, PEM")
	concurrency := flag.Int("concurrency", 4, "reconciles at the same time")
	flag.Parse()
	ctrl.SetLogger(logr.Discard())
	if err := run(ctrl.SetupSignalHandler(), *kind, *server, *ca, *concurrency); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, kind, server, ca string, concurrency int) error {
	config, err := ctrl.GetConfig()
	if err != nil {
		return err
	}
	runs := &unstructured.Unstructured{}
	runs.SetGroupVersionKind(pipelineRun)
	options := ctrl.Options{
		Metrics: metricsserver.Options{BindAddress: "0"},
		// By default unstructured objects are read from the API server, one request a reconcile.
		Client: client.Options{Cache: &client.CacheOptions{Unstructured: true}},
	}
	switch kind {
	case "default":
	case "stripped":
		options.Cache.ByObject = map[client.Object]cache.ByObject{runs: {Transform: strip}}
	default:
		return fmt.Errorf("-cache %s: expected default or stripped", kind)
	}
	manager, err := ctrl.NewManager(config, options)
	if err != nil {
		return err
	}
	reports, err := newReporter(server, ca)
	if err != nil {
		return err
	}
	go reports.run(ctx)
	err = ctrl.NewControllerManagedBy(manager).
		For(runs).
		WithOptions(controller.Options{MaxConcurrentReconciles: concurrency}).
		Complete(&reconciler{client: manager.GetClient(), reports: reports})
	if err != nil {
		return err
	}
	return manager.Start(ctx)
}

type reconciler struct {
	client  client.Client
	reports *reporter
}

func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(pipelineRun)
	if err := r.client.Get(ctx, request.NamespacedName, object); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if report, decided := observe(object); decided {
		r.reports.send(report)
	}
	return ctrl.Result{}, nil
}
