export type { CertificateAndKey } from './certificates.ts';
export { ensurePki, type Pki, type PkiOptions } from './ensure-pki.ts';
export { type KubeconfigOptions, kubeconfig, writeKubeconfig } from './kubeconfig.ts';
