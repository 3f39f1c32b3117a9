import { sourceRight } from '../../crds/issue-rule.ts';
import { DNS_LABEL, GROUP, SOURCES_RESOURCE, VERSION } from '../../crds/names.ts';
import type { Caller, Permission, ReportAccess } from '../ingest/ports.ts';
import type { Authorizer, Decision, ResourceAttributes } from '../kube/access/types.ts';
import { forbidden } from '../kube/status.ts';

const GRANTED: Permission = { allowed: true };

type About = Parameters<ReportAccess['mayReport']>[1];

/**
 * The right to report, as Kubernetes knows rights: `create issuereports` in the namespace where the issue lives, and
 * the verb `report` on the source. That verb may be granted in the namespace alone; but who reports about a subject
 * elsewhere, or about one without a namespace, needs it for the whole cluster (design.md decision 10). Whoever has both rights
 * in all namespaces is asked about no single one (docs/adr/0037).
 */
export function reportAccess(authorizer: Authorizer): ReportAccess {
  return {
    mayReport: (caller, about) => {
      const everywhere = requireAll(authorizer, caller, [CREATE_REPORTS, speakAs(about.source)]);
      const here = (): Permission | Promise<Permission> => requireAll(authorizer, caller, reporting(about));
      // Who has it everywhere may be unknown where it is known who has it here.
      if (everywhere instanceof Promise)
        return everywhere.then((granted) => (granted.allowed ? granted : here()), here);
      return everywhere.allowed ? everywhere : here();
    },
    mayLead: (caller, { source, namespaces }) => requireAll(authorizer, caller, leading(source, namespaces)),
  };
}

const CREATE_REPORTS = {
  kind: 'resource',
  verb: 'create',
  group: GROUP,
  version: VERSION,
  resource: 'issuereports',
} as const satisfies ResourceAttributes;

/** Rules come and go, so that the right to speak as one of them cannot name it (docs/adr/0018). */
function speakAs(source: string): ResourceAttributes {
  return { kind: 'resource', version: VERSION, ...SOURCES_RESOURCE, name: sourceRight(source) };
}

function reporting({ source, namespace, subjectNamespace }: About): ResourceAttributes[] {
  return [
    { ...CREATE_REPORTS, namespace },
    subjectNamespace === namespace ? { ...speakAs(source), namespace } : speakAs(source),
  ];
}

/** Whoever covers a fixed list of namespaces needs the right in each; a pattern covers namespaces yet to come. */
function leading(source: string, namespaces: readonly string[]): ResourceAttributes[] {
  const fixed = namespaces.length > 0 && namespaces.every((namespace) => DNS_LABEL.test(namespace));
  return fixed ? namespaces.map((namespace) => ({ ...speakAs(source), namespace })) : [speakAs(source)];
}

/** Stays synchronous while the authorizer does: its cached answers are on the path of every report. */
function requireAll(
  authorizer: Authorizer,
  caller: Caller,
  rights: readonly ResourceAttributes[],
): Permission | Promise<Permission> {
  for (const [index, right] of rights.entries()) {
    const decision = authorizer.authorize(caller, right);
    if (decision instanceof Promise) return requireRest(authorizer, caller, rights.slice(index), decision);
    if (!decision.allowed) return refusal(caller, right, decision);
  }
  return GRANTED;
}

async function requireRest(
  authorizer: Authorizer,
  caller: Caller,
  rights: readonly ResourceAttributes[],
  first: Promise<Decision>,
): Promise<Permission> {
  // Two at one time: each is a round trip to the cluster, and a report needs both.
  let next: Decision | Promise<Decision> = first;
  for (const [index, right] of rights.entries()) {
    const following = rights[index + 1];
    const ahead = following && authorizer.authorize(caller, following);
    if (ahead instanceof Promise) ahead.catch(() => {}); // awaited below, unless the answer is no already
    const decision: Decision = await next;
    if (!decision.allowed) return refusal(caller, right, decision);
    if (ahead) next = ahead;
  }
  return GRANTED;
}

function refusal(caller: Caller, right: ResourceAttributes, decision: Decision & { allowed: false }): Permission {
  return { allowed: false, reason: forbidden({ user: caller.name, ...right }, decision.reason).message };
}
