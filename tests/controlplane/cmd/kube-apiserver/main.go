// Command kube-apiserver is the upstream API server, compiled from the module
// versions in go.mod so that our tests need no downloaded binary.
package main

import (
	"os"
	_ "time/tzdata" // for CronJob time zones, as upstream's main does

	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	os.Exit(cli.Run(app.NewAPIServerCommand()))
}
