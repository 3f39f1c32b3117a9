import type { Target } from './target.ts';

/** The Service that an APIService names. The port is 443 unless it says otherwise. */
export interface ServiceReference {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

export interface EndpointSlices {
  readonly items?: {
    readonly ports?: { readonly name?: string }[];
    readonly endpoints?: { readonly conditions?: { readonly ready?: boolean } }[];
  }[];
}

export function serviceOf(target: Target): ServiceReference {
  const { service } = (target.apiService?.spec ?? {}) as { service?: Partial<ServiceReference> };
  return { namespace: service?.namespace ?? '', name: service?.name ?? '', port: service?.port ?? 443 };
}
