// Clients as Go programs use them, for tests/e2e/clients.e2e.test.ts. The argument is a JSON object
//
//	{"kubeconfig": "…", "clients": [{"name": "…", "kind": "dynamic-informer", "namespace": "", "labelSelector": "", "fieldSelector": ""}]}
//
// Each client has its name as user agent. Every line of standard input is answered by one line, a JSON object with what
// each client holds now: {"<name>": [objects]}, or null while it has not synced. The end of standard input ends the program.
// WatchList is chosen per process, by KUBE_FEATURE_WatchListClient.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	crlog "sigs.k8s.io/controller-runtime/pkg/log"
)

var (
	issues    = schema.GroupVersionResource{Group: "faultline.dev", Version: "v1alpha1", Resource: "issues"}
	issueKind = issues.GroupVersion().WithKind("Issue")
)

type clientSpec struct {
	Name          string `json:"name"`
	Kind          string `json:"kind"`
	Namespace     string `json:"namespace"`
	LabelSelector string `json:"labelSelector"`
	FieldSelector string `json:"fieldSelector"`
}

type program struct {
	Kubeconfig string       `json:"kubeconfig"`
	Clients    []clientSpec `json:"clients"`
}

// contents returns the objects that a client holds, and false while it has not synced.
type contents func() ([]any, bool)

var kinds = map[string]func(context.Context, *rest.Config, clientSpec) (contents, error){
	"dynamic-informer":         dynamicInformer,
	"metadata-informer":        metadataInformer,
	"retry-watcher":            retryWatcher,
	"controller-runtime-cache": controllerRuntimeCache,
}

func main() {
	crlog.SetLogger(klog.Background())
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "clients:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return fmt.Errorf("want one argument, a JSON object with kubeconfig and clients")
	}
	var asked program
	if err := json.Unmarshal([]byte(os.Args[1]), &asked); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	held := map[string]contents{}
	for _, spec := range asked.Clients {
		start, known := kinds[spec.Kind]
		if !known {
			return fmt.Errorf("client %s: no kind %q", spec.Name, spec.Kind)
		}
		config, err := clientcmd.BuildConfigFromFlags("", asked.Kubeconfig)
		if err != nil {
			return err
		}
		config.UserAgent = spec.Name
		if held[spec.Name], err = start(ctx, config, spec); err != nil {
			return fmt.Errorf("client %s: %w", spec.Name, err)
		}
	}
	return answer(held)
}

func answer(held map[string]contents) error {
	output := json.NewEncoder(os.Stdout)
	for input := bufio.NewScanner(os.Stdin); input.Scan(); {
		now := map[string][]any{}
		for name, read := range held {
			if objects, synced := read(); synced {
				now[name] = append([]any{}, objects...)
			} else {
				now[name] = nil
			}
		}
		if err := output.Encode(now); err != nil {
			return err
		}
	}
	return nil
}
