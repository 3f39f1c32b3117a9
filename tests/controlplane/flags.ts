/** Command lines of the three servers. Pure, so that a test can read them. */
import { join } from 'node:path';

export interface Ports {
  readonly etcd: number;
  readonly apiserver: number;
}

/** Name that the API server's proxy certificate carries, and the only one that aggregated servers may trust. */
export const frontProxyName = 'front-proxy-client';

export function etcdFlags(dir: string, port: number, fsync: boolean): string[] {
  const url = `http://127.0.0.1:${port}`;
  return [
    '--name=default',
    `--data-dir=${join(dir, 'etcd')}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    '--listen-peer-urls=http://127.0.0.1:0', // one member has no peers; 0 cannot collide
    '--log-level=warn',
    ...(fsync ? [] : ['--unsafe-no-fsync']),
  ];
}

/** Flags of kube-apiserver; `dir` holds what pki.ts wrote. */
export function apiserverFlags(dir: string, ports: Ports): string[] {
  const pki = (file: string): string => join(dir, 'pki', file);
  return [
    `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${ports.apiserver}`,
    '--endpoint-reconciler-type=none', // a loopback address is no valid endpoint: it would log an error every 10 s
    '--service-cluster-ip-range=10.0.0.0/24',
    `--cert-dir=${dir}`,
    `--tls-cert-file=${pki('apiserver.crt')}`,
    `--tls-private-key-file=${pki('apiserver.key')}`,
    `--client-ca-file=${pki('client-ca.crt')}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${pki('service-account.pub')}`,
    `--service-account-signing-key-file=${pki('service-account.key')}`,
    // As in envtest: without a controller manager no ServiceAccount exists, and with this plugin no Pod could.
    '--disable-admission-plugins=ServiceAccount',
    ...aggregationFlags(pki),
  ];
}

/** How the API server proves to aggregated servers that it is the one who speaks for the user. */
function aggregationFlags(pki: (file: string) => string): string[] {
  return [
    // Off, the aggregator resolves a Service of type ExternalName by DNS: that is how it reaches this machine.
    '--enable-aggregator-routing=false',
    `--proxy-client-cert-file=${pki('front-proxy-client.crt')}`,
    `--proxy-client-key-file=${pki('front-proxy-client.key')}`,
    `--requestheader-client-ca-file=${pki('front-proxy-ca.crt')}`,
    `--requestheader-allowed-names=${frontProxyName}`,
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-uid-headers=X-Remote-Uid',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
  ];
}

export function controllerManagerFlags(dir: string, port: number, controllers: readonly string[]): string[] {
  const pki = (file: string): string => join(dir, 'pki', file);
  return [
    `--kubeconfig=${join(dir, 'admin.kubeconfig')}`,
    `--controllers=${controllers.join(',')}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--tls-cert-file=${pki('apiserver.crt')}`,
    `--tls-private-key-file=${pki('apiserver.key')}`,
    `--root-ca-file=${pki('serving-ca.crt')}`,
    `--service-account-private-key-file=${pki('service-account.key')}`,
  ];
}
