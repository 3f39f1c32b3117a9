package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
)

const maxReports = 1000

// reporter sends what arrived while the previous batch was under way, as faultline's own sink does. Whoever sends does
// not wait for the answer.
type reporter struct {
	url     string
	client  *http.Client
	pending chan report
}

func newReporter(server, ca string) (*reporter, error) {
	authority, err := os.ReadFile(ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	return &reporter{url: server + "/api/v1/reports", client: client, pending: make(chan report, 5*maxReports)}, nil
}

func (r *reporter) send(one report) {
	r.pending <- one
}

func (r *reporter) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case first := <-r.pending:
			if err := r.post(r.batch(first)); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
	}
}

func (r *reporter) batch(first report) []report {
	batch := []report{first}
	for len(batch) < maxReports {
		select {
		case next := <-r.pending:
			batch = append(batch, next)
		default:
			return batch
		}
	}
	return batch
}

func (r *reporter) post(batch []report) error {
	content, err := json.Marshal(batch)
	if err != nil {
		return err
	}
	answer, err := r.client.Post(r.url, "application/json", bytes.NewReader(content))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("POST %s: %s", r.url, answer.Status)
	}
	return nil
}
