import type { ControllerOptions } from './controller-options.ts';
import type { GoneSubjects } from './gone-subjects.ts';
import type { ActiveSubject, Leadership } from './lead.ts';
import type { Outcome } from './ledger.ts';
import { kindId, namespaceOf } from './object.ts';
import { subjectIdOf } from './observation.ts';
import type { Reporting } from './reporting.ts';

export interface ActiveSubjectsOptions extends Pick<ControllerOptions, 'controller' | 'primary' | 'covers' | 'live'> {
  readonly gone: GoneSubjects;
  readonly reporting: Reporting;
  /** Of the last look at an object. */
  readonly outcomeOf: (key: string) => Outcome | undefined;
}

/** What the engine believes when a round is over, against what was seen: nobody may have been looking for a while. */
export class ActiveSubjects {
  readonly #options: ActiveSubjectsOptions;

  constructor(options: ActiveSubjectsOptions) {
    this.#options = options;
  }

  /**
   * Says of what its object speaks about no more that it is gone. Returns the keys of the subjects that are gone
   * themselves.
   */
  async compare(leads: Leadership): Promise<readonly string[]> {
    const { live, gone } = this.#options;
    const comparesObjects = this.#comparesObjects();
    if (!live || !(gone.hasKinds || comparesObjects)) return [];
    const keys: string[] = [];
    for (const active of await leads.activeSubjects()) {
      if (comparesObjects) this.#compareObject(active);
      const key = this.#goneKey(active);
      if (key !== undefined) keys.push(key);
    }
    return keys;
  }

  #comparesObjects(): boolean {
    const { order, onDelete } = this.#options.controller.definition;
    return order === 'state' && onDelete === 'resolve';
  }

  #goneKey({ namespace, subject }: ActiveSubject): string | undefined {
    const { covers, gone } = this.#options;
    if (covers?.(namespace) === false) return undefined;
    const key = gone.remember(namespace, subject);
    return key !== undefined && gone.gone(key) !== undefined ? key : undefined;
  }

  /** An object that is there and was decided, and said nothing about this: it did before, and speaks for it no more. */
  #compareObject(active: ActiveSubject): void {
    const { primary, covers, reporting, outcomeOf } = this.#options;
    const { namespace, subject } = active;
    const subjectId = subjectIdOf(namespace, subject);
    if (reporting.isClaimed(subjectId)) return;
    const present = this.#observedKeys(active).filter((key) => primary.cache.get(key) !== undefined);
    const isDecided = (key: string): boolean =>
      covers?.(namespaceOf(key)) !== false && DECIDED.has(outcomeOf(key) ?? 'undecided');
    const [key] = present;
    const object = key === undefined ? undefined : primary.cache.get(key);
    if (key === undefined || object === undefined || !present.every(isDecided)) return;
    reporting.owe(key, object, new Map([[subjectId, { namespace, subject }]]));
  }

  /** Issues do not keep the namespace of what was observed: it is the or the subject's, or none. */
  #observedKeys({ namespace, subject, observed }: ActiveSubject): string[] {
    const { apiVersions, kind } = this.#options.primary;
    if (observed === undefined) return [];
    if (kindId(observed.apiVersion, observed.kind) !== kindId(apiVersions[0] ?? '', kind)) return [];
    return [...new Set([namespace, subject.namespace ?? '', ''])].map((place) => `${place}/${observed.name}`);
  }
}

const DECIDED: ReadonlySet<Outcome> = new Set(['healthy', 'failing']);
