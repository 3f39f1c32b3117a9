import type { KubernetesObject } from '../../../crds/meta.ts';
import { GROUP, VERSION } from '../../../crds/names.ts';
import { storable } from '../../../crds/text.ts';
import type {
  Body,
  ChangeSource,
  Column,
  ModuleColumn,
  ResourceDefinition,
  ResourceModule,
  Served,
} from '../../kube/index.ts';

/** What the wire serves of a resource that a configuration adds: its module, completed. */
export function ownResource<T extends Body, O>(
  module: ResourceModule<T, O>,
  source: ChangeSource,
): ResourceDefinition<Served<T>> {
  const { kind, plural, shortNames = [], categories = [], selectableFields = {} } = module;
  return {
    group: GROUP,
    version: VERSION,
    plural,
    singular: module.singular ?? kind.toLowerCase(),
    kind,
    listKind: `${kind}List`,
    shortNames,
    categories,
    namespaced: module.namespaced ?? true,
    description: module.description,
    schema: Object.fromEntries(Object.entries(module.schema).map(([field, schema]) => [field, jsonSchema(schema)])),
    columns: [NAME, ...module.columns.map(guarded), AGE],
    selectableFields: Object.keys(selectableFields),
    fields: (object) => fieldsOf(selectableFields, object),
    source: source as ChangeSource<Served<T>>,
    readOnlyMessage: `${plural} are read-only: they are what their source says`,
  };
}

const NAME: Column<KubernetesObject> = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name of the object.',
  cell: ({ metadata }) => metadata.name,
};

const AGE: Column<KubernetesObject> = {
  name: 'Age',
  type: 'string',
  description: 'How long ago it was created.',
  cell: ({ metadata }) => ({ since: metadata.creationTimestamp }),
};

/** An object that the module's own function does not understand has an empty cell, and is served. */
function guarded<T>(column: ModuleColumn<T>): Column<T> {
  return {
    type: 'string',
    ...column,
    cell(object) {
      try {
        return column.cell(object) ?? null;
      } catch {
        return null;
      }
    },
  };
}

function fieldsOf<T>(readers: Readers<T>, object: T): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [path, read] of Object.entries(readers)) {
    try {
      const value = read(object);
      // Half an emoji, cut off by the module, is no text that PostgreSQL stores.
      if (value !== undefined && value !== null) fields[path] = storable(String(value));
    } catch {
      // Not understood is not there.
    }
  }
  return fields;
}

type Readers<T> = Readonly<Record<string, (object: T) => string | undefined>>;

function jsonSchema(schema: ResourceModule['schema'][keyof Body]): Readonly<Record<string, unknown>> {
  return schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
}
