// Command kube-controller-manager is the upstream one, for the tests in which a
// namespace must really be deleted. It is built only when such a test asks.
package main

import (
	"os"
	_ "time/tzdata" // for CronJob time zones, as upstream's main does

	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func main() {
	os.Exit(cli.Run(app.NewControllerManagerCommand()))
}
