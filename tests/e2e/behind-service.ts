import { expect } from 'vitest';
import { registerApiService } from '../controlplane/api-service.ts';
import type { Installation, ServerProcess } from './installation.ts';
import { TcpService } from './tcp-service.ts';

/** Servers that come and go behind one Service, as a Deployment replaces them. */
export class BehindService implements AsyncDisposable {
  readonly service: TcpService;
  readonly #faultline: Installation;

  private constructor(faultline: Installation, service: TcpService) {
    this.#faultline = faultline;
    this.service = service;
  }

  /** The aggregator goes by way of the Service, to the installation's own server until there are replicas. */
  static async start(faultline: Installation): Promise<BehindService> {
    const { plane, server } = faultline;
    const { certificatePem: caPem } = plane.servingCa;
    const service = await TcpService.start(caPem);
    service.add(server.port);
    await registerApiService(plane, { group: 'faultline.dev', version: 'v1alpha1', port: service.port, caPem });
    return new BehindService(faultline, service);
  }

  /** Resolves when it is ready, and connections come to it. */
  async replica(how: Parameters<Installation['startReplica']>[0]): Promise<ServerProcess> {
    const started = await this.#faultline.startReplica(how);
    this.service.add(started.port);
    return started;
  }

  /** As kubelet ends a Pod; it must end well. */
  async retire({ child, port }: ServerProcess): Promise<void> {
    await child.stop('SIGTERM', 60_000);
    this.service.remove(port);
    expect(child.ended).toBe('code 0');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service[Symbol.asyncDispose]();
  }
}
