//go:build tools

// Package tools pins the programs that tests run, in go.mod and go.sum.
package tools

import (
	_ "github.com/prometheus-operator/prometheus-operator/cmd/operator"
)
