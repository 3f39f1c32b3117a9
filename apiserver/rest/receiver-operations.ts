import Joi from 'joi';
import { DNS_LABEL } from '../../crds/names.ts';
import { errorSchema, faultSchema } from './openapi/common.ts';
import type { Operation } from './openapi/operation.ts';
import { resultSchema } from './report-operations.ts';

/** `receiverRoutes` as their callers see them. */

const outcomeSchema = Joi.object({
  error: Joi.string().allow('').description('Of the worst result; absent when everything was taken.'),
  details: Joi.array().items(faultSchema),
  results: Joi.array().items(resultSchema).required().description('One for each item of `each`, or one.'),
  skipped: Joi.number().integer().min(0).required().description('How many items `match` left out.'),
  resourceVersion: Joi.string().description('Watch from here to see what the delivery did.'),
});

const refusedSchema = Joi.alternatives(outcomeSchema, errorSchema).description(
  'Of a delivery that was understood, with `results`; else what kept it from that.',
);

const refused = (description: string) => ({
  description,
  body: { schema: refusedSchema, example: { error: description } },
});

const DELIVERY = {
  method: 'post',
  tag: 'Receivers',
  description:
    'Any JSON: the expressions of the receiver make reports of it. A delivery id in `Webhook-Id`, `X-GitHub-Delivery`, ' +
    '`Idempotency-Key` or `Ce-Id` makes a second delivery of the same harmless. At most 1 MiB. docs/receivers.md says ' +
    'how a receiver is written.',
  authentication: 'receiver',
  headers: Joi.object({
    'Webhook-Id': Joi.string().max(253).description('Or one of the other delivery ids.'),
  }),
  exampleHeaders: { Authorization: 'Bearer receiver-token', 'Webhook-Id': 'delivery-4711' },
  body: {
    schema: {},
    example: { service: 'payments', check: 'http', ok: false, text: '502 from /healthz' },
    mediaTypes: ['application/json', 'application/cloudevents+json'],
  },
  lenient: true,
  errors: [],
} as const satisfies Partial<Operation>;

const answers = (source: string): Operation['answers'] => ({
  200: {
    description: `Everything was taken, as reports of \`${source}\`.`,
    body: {
      schema: outcomeSchema,
      example: {
        results: [
          {
            index: 0,
            status: 200,
            decisions: [{ key: 'http', cell: '6A', issue: { namespace: 'shop', name: 'service-payments-nq3v7p2a' } }],
          },
        ],
        skipped: 0,
        resourceVersion: '1795271000000057',
      },
    },
  },
  400: refused('The body is not JSON.'),
  401: refused('The token or the signature is not the one that the receiver asks for.'),
  403: refused('With `bearer`: the right is missing.'),
  404: refused('There is no such receiver, or no such namespace.'),
  409: refused('The namespace is being deleted.'),
  413: refused('The body is too large.'),
  415: refused('The body is not JSON by its `Content-Type`.'),
  422: refused('The payload does not fit: `details` names the expression and the missing path.'),
  429: refused(
    'Too much waits already, or the receiver asks for more evaluation than it may: try again after `Retry-After`.',
  ),
  503: refused(
    'The receiver, its key, the database or the namespaces cannot be asked now: try again after `Retry-After`.',
  ),
});

export const receiverOperations: readonly Operation[] = [
  {
    ...DELIVERY,
    path: '/api/v1/receivers/namespaces/{namespace}/{name}',
    id: 'deliver',
    summary: 'Deliver a payload to the WebhookReceiver of a namespace',
    rights: 'what the receiver asks for: its token, a signature, or `report` on its source',
    params: Joi.object({ namespace: Joi.string().pattern(DNS_LABEL).required(), name: Joi.string().required() }),
    examplePath: '/api/v1/receivers/namespaces/shop/checks',
    answers: answers('receiver.<name>'),
  },
  {
    ...DELIVERY,
    path: '/api/v1/receivers/cluster/{name}',
    id: 'deliverToCluster',
    summary: 'Deliver a payload to a ClusterWebhookReceiver',
    rights: 'what the receiver asks for: its token, a signature, or `report` on its source',
    examplePath: '/api/v1/receivers/cluster/checks',
    answers: answers('clusterreceiver.<name>'),
  },
];
