import { guessedKinds, type Kinds } from '../../apiserver/explanations/index.ts';
import type { LoadedController } from '../../controllers/runtime/index.ts';
import { groupOf } from '../../crds/meta.ts';
import { pluralOf } from '../../crds/plural.ts';
import { guessedName } from '../rbac/kind-names.ts';

/** Where no cluster lists its kinds: those that the controllers watch or read, by kind or plural. Others are believed. */
export function configuredKinds(controllers: () => readonly LoadedController[]): Kinds {
  return {
    async resolve(reference) {
      const { group, kind } = reference;
      const asked = kind.toLowerCase();
      for (const { definition } of controllers()) {
        for (const known of [definition.watches, ...(definition.reads ?? [])]) {
          const [apiVersion = ''] = typeof known.apiVersion === 'string' ? [known.apiVersion] : known.apiVersion;
          const own = groupOf(apiVersion);
          const isNamed = asked === known.kind.toLowerCase() || asked === pluralOf(known.kind);
          if (!isNamed || (group !== undefined && group !== own)) continue;
          const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
          const { resource, namespaced } = guessedName([apiVersion], known.kind);
          return { group: own, version, resource, kind: known.kind, namespaced };
        }
      }
      return guessedKinds.resolve(reference);
    },
  };
}
