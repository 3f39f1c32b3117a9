import { createAuthority, issueLeaf } from '../pki/certificates.ts';
import type { Step } from './next-step.ts';
import { authorityOf, certificatesIn, type StoredCertificates } from './stored-certificates.ts';

/** Of both, since an authority signs one certificate: its key is forgotten when this file has signed. */
const VALID_DAYS = 90;

/** What is to be stored after this step. `now` in ms since 1970. */
export async function madeBy(
  step: Exclude<Step, { do: 'nothing' }>,
  names: readonly string[],
  now: number,
): Promise<StoredCertificates> {
  // The old authority stays in the bundle until the next rotation: other replicas still serve what it signed.
  if (step.do === 'useNext') {
    const { bundle, current, next = current } = step.stored;
    return { bundle, current: next, next: undefined };
  }
  const { authority, pair } = await make(names, now);
  const kept = step.stored && servedBy(step.stored);
  const bundle = `${kept ?? ''}${authority}`;
  if (step.do === 'begin') return { bundle, current: pair, next: undefined };
  return { bundle, current: step.stored.current, next: pair };
}

/** The authority of what is served; of one that cannot be read, the newest there is. */
function servedBy({ bundle, current }: StoredCertificates): string | undefined {
  try {
    return authorityOf(current, bundle);
  } catch {
    return certificatesIn(bundle).at(-1);
  }
}

async function make(names: readonly string[], now: number) {
  // A name of its own: whoever verifies finds the right one of two at once.
  const authority = await createAuthority(`faultline-serving-${new Date(now).toISOString()}`, now, VALID_DAYS);
  const [commonName = 'faultline'] = names;
  const pair = await issueLeaf(authority, { usage: 'server', commonName, names }, now, VALID_DAYS);
  return { authority: authority.cert, pair };
}
