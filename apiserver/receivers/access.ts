import type { Caller, ReportAccess } from '../ingest/ports.ts';
import type { Receiver } from './compile.ts';

/**
 * Who proved to a receiver that it may deliver (a token, a signature) has no identity in the cluster. The receiver then
 * speaks for itself: as its own source, a namespaced one in its own namespace about that namespace. Recognised by the
 * very object, so no name can be spoofed.
 */
export class ReceiverCallers {
  readonly #grants = new WeakMap<Caller, Pick<Receiver, 'source' | 'namespace'>>();

  callerOf({ path, source, namespace }: Receiver): Caller {
    const caller: Caller = { name: `faultline:receivers:${path}`, groups: [] };
    this.#grants.set(caller, { source, namespace });
    return caller;
  }

  /** As `access`, and the callers above may report what they may. */
  wrap(access: ReportAccess): ReportAccess {
    return {
      mayReport: (caller, about) => {
        const grant = this.#grants.get(caller);
        if (grant === undefined) return access.mayReport(caller, about);
        const { source, namespace } = grant;
        const inside =
          namespace === undefined || (about.namespace === namespace && about.subjectNamespace === namespace);
        if (about.source === source && inside) return { allowed: true };
        return { allowed: false, reason: `${source} reports about namespace ${namespace} only` };
      },
      mayLead: (caller, about) => access.mayLead(caller, about),
    };
  }
}
