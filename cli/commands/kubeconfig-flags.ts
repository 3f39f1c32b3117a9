import type { Flag } from '../command.ts';

export interface KubeconfigFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** `what`: what the kubeconfig is for, with its default. */
export function kubeconfigFlags(what: string): readonly Flag[] {
  return [
    { spelling: '--kubeconfig <file>', description: what },
    { spelling: '--context <name>', description: 'A context of the kubeconfig (default: its current context).' },
  ];
}
