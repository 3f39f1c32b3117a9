import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/**
 * Every place that can open a connection, and who says where to (docs/security.md "Outgoing connections"). None goes where a
 * tenant says: no receiver, rule, report or object of a namespace holds an address that we connect to. Whoever adds one to
 * this list has to say who chooses its address; if that is a tenant, link-local, loopback and private addresses must be
 * refused after the name was resolved, and redirects not followed.
 */
const ROOT = join(import.meta.dirname, '../..');
const OUTGOING: Readonly<Record<string, string>> = {
  'apiserver/kube/access/cluster-api.ts': 'the cluster: kubeconfig, or the environment of the pod',
  'controllers/runtime/kube-client.ts': 'the cluster: kubeconfig, or the environment of the pod',
  'controllers/runtime/backend.ts': '--server of the controllers',
  'cli/controllers/backend-dispatcher.ts': '--server of the controllers',
  'cli/controllers/server-replicas.ts': '--server-replicas of the controllers',
  'cli/up/run-up.ts': 'its own address',
  'cli/reading/ask.ts': 'the cluster of a kubeconfig (types alone)',
  'cli/reading/sockets.ts': 'the cluster of a kubeconfig: keeps its connections',
  'cli/cluster/kubeconfig-connection.ts': 'reads kubeconfigs',
  'cli/cluster/proxy.ts': 'HTTPS_PROXY, HTTP_PROXY, or proxy-url of a kubeconfig',
  'cli/oci/registry.ts': 'whoever runs faultline trusted-tasks, and the registry that it names',
  'cli/telemetry.ts': 'HTTPS_PROXY, HTTP_PROXY, for the collector of traces',
  'cli/conformance/client.ts': 'the cluster of a kubeconfig',
  'cli/conformance/watch.ts': 'the cluster of a kubeconfig (types alone)',
  'cli/conformance/websocket.ts': 'the cluster of a kubeconfig',
  'cli/conformance/items/h1-keep-alive.ts': 'the cluster of a kubeconfig',
  'tracing/otlp.ts': 'OTEL_EXPORTER_OTLP_ENDPOINT',
};

const sources = globSync('{apiserver,controllers,cli,crds,cel,tracing,migrations}/**/*.{ts,tsx}', { cwd: ROOT }).filter(
  (file) => !/\.(test|contract)\.tsx?$/.test(file) && !file.includes('/testing/'),
);
const text = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

test('whoever can connect to anything is on the list, with who chooses the address', () => {
  const opens =
    /(?<!\.)\bfetch\(|from 'undici'|from 'node:dns|import\(['"](undici|node:https?|node:net|node:tls)['"]\)|\b(request|connect|get)\b[^;\n]*from 'node:(https?|net|tls)'|@kubernetes\/client-node'/;
  const found = sources.filter((file) => opens.test(text(file)));
  expect(found.sort()).toEqual(Object.keys(OUTGOING).sort());
});

// cli/oci/registry.ts follows by hand, to https alone: its own test says how.
test('nothing follows a redirect: an address that was allowed must not name another one', () => {
  const follows = /(?<!\.)\bfetch\(|maxRedirections|interceptors\.redirect|RedirectAgent/;
  expect(sources.filter((file) => follows.test(text(file)))).toEqual([]);
});

test('no kind that a tenant writes has a field with an address to connect to: a url there is a link, for people', () => {
  const names = new Set(
    globSync('crds/generated/config.faultline.dev_*.yaml', { cwd: ROOT }).flatMap((file) =>
      [...text(file).matchAll(/^ +([a-zA-Z]+):/gm)].map(([, name = '']) => name),
    ),
  );
  expect(names.size).toBeGreaterThan(20);
  expect(
    [...names].filter((name) => /^(uri|endpoint|host|address|server|proxy\w*|webhookUrl|callback)$/i.test(name)),
  ).toEqual([]);
});
