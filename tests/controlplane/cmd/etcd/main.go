// Command etcd is the upstream server in the version that kube-apiserver 1.34
// itself is built with.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	etcdmain.Main(os.Args)
}
