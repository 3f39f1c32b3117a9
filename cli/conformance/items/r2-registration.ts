import { ensure, type Item, need } from '../item.ts';

interface ApiServiceSpec {
  readonly groupPriorityMinimum?: number;
  readonly versionPriority?: number;
  readonly insecureSkipTLSVerify?: boolean;
  readonly caBundle?: string;
}

interface ApiServiceStatus {
  readonly conditions?: { type: string; status: string; reason?: string; message?: string }[];
}

export const r2: Item = {
  number: 'R2',
  level: 'MUST',
  requirement: 'The APIService is Available, has priorities in range, and the certificate is verified by its caBundle.',
  breaks: 'Every request through kube-apiserver; or anybody in the network can answer in the name of the server.',
  async check({ api, target, collection }) {
    need(target.path === 'aggregated' && target.apiService, 'no APIService with a Service can be read');
    const spec = target.apiService.spec as ApiServiceSpec;
    const { groupPriorityMinimum: group = 0, versionPriority = 0, insecureSkipTLSVerify, caBundle } = spec;
    ensure(group > 0 && group <= 20_000, `groupPriorityMinimum is ${group}, not 1 to 20000`);
    ensure(versionPriority > 0, `versionPriority is ${versionPriority}, not above 0`);
    ensure(
      !insecureSkipTLSVerify && caBundle,
      'the certificate is not verified: set caBundle, not insecureSkipTLSVerify',
    );
    const { conditions } = target.apiService.status as ApiServiceStatus;
    const available = conditions?.find(({ type }) => type === 'Available');
    ensure(available?.status === 'True', `not Available: ${available?.reason}: ${available?.message}`);
    // Availability is probed without verifying TLS; only a proxied request shows that the names of the certificate fit.
    const { status, question, beginning } = await api.send(`${collection}?limit=1`);
    ensure(status < 500, `${question} answered ${status}: ${beginning}`);
  },
};
