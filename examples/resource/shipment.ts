import type { Given, ModuleColumn, Served } from 'faultline/apiserver';
import Joi from 'joi';

/** What was shipped where: `kubectl get shipments`. The resource itself; the two files beside this one say where it is read. */
export interface Shipment {
  readonly spec: { readonly application: string; readonly environment: string; readonly image: string };
  readonly status: {
    readonly phase: 'Running' | 'Succeeded' | 'Failed';
    readonly conditions: {
      type: string;
      status: string;
      reason: string;
      message: string;
      lastTransitionTime: string;
    }[];
  };
}

const columns: ModuleColumn<Served<Shipment>>[] = [
  { name: 'Application', description: 'What was shipped.', cell: ({ spec }) => spec.application },
  { name: 'Environment', description: 'Where to.', cell: ({ spec }) => spec.environment },
  { name: 'Phase', description: 'Running, Succeeded or Failed.', cell: ({ status }) => status.phase },
  { name: 'Image', description: 'The image that was shipped.', priority: 1, cell: ({ spec }) => spec.image },
];

const condition = Joi.object().unknown();

/** Names, schema, columns and fields; a feed makes a resource of it. */
export const shipments = {
  apiVersion: 'resource/v1',
  kind: 'Shipment',
  plural: 'shipments',
  shortNames: ['shp'],
  description: 'An image on its way to an environment, or there.',
  schema: {
    spec: Joi.object({
      application: Joi.string().required().description('What is shipped.'),
      environment: Joi.string().required().description('Where to.'),
      image: Joi.string().required().description('The image, by digest or tag.'),
    }).required(),
    status: Joi.object({
      phase: Joi.string().valid('Running', 'Succeeded', 'Failed').required().description('How far it is.'),
      conditions: Joi.array().items(condition).required().description('Complete, for kubectl wait.'),
    }).required(),
  },
  columns,
  selectableFields: {
    'spec.environment': ({ spec }: Served<Shipment>) => spec.environment,
    'status.phase': ({ status }: Served<Shipment>) => status.phase,
  },
} as const;

/** One line of the journal, or one row of the table. */
export interface ShipmentRecord {
  readonly team: string;
  readonly id: string | number;
  readonly application: string;
  readonly environment: string;
  readonly image: string;
  readonly phase: Shipment['status']['phase'];
  readonly changed_at: string | Date;
}

export function shipment({
  team,
  id,
  application,
  environment,
  image,
  phase,
  changed_at,
}: ShipmentRecord): Given<Shipment> {
  const complete = {
    type: 'Complete',
    status: phase === 'Running' ? 'False' : 'True',
    reason: phase,
    message: '',
    lastTransitionTime: `${new Date(changed_at).toISOString().slice(0, 19)}Z`,
  };
  return {
    metadata: { name: `${application}-${id}`, namespace: team, labels: { application, environment } },
    spec: { application, environment, image },
    status: { phase, conditions: [complete] },
  };
}
