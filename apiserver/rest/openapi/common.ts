import Joi from 'joi';

/** Schemas of what many operations answer. */

export const faultSchema = Joi.object({
  path: Joi.string().allow('').required().description('For example `[3].body.findings[0].severity`.'),
  message: Joi.string().required(),
  value: Joi.any().description('What was there, shortened.'),
  allowed: Joi.array(),
}).description('One fault of an input.');

export const errorSchema = Joi.object({
  error: Joi.string().required().description('What was wrong, where, and what to do.'),
  details: Joi.array().items(faultSchema),
}).description('Every failure below /api/v1 but 401.');

/** The part of Kubernetes' Status that a caller of REST meets: where nobody serves a path, and before it is known who asks. */
export const statusSchema = Joi.object({
  kind: Joi.string().valid('Status').required(),
  apiVersion: Joi.string().valid('v1').required(),
  metadata: Joi.object().required(),
  status: Joi.string().valid('Failure').required(),
  message: Joi.string().required(),
  reason: Joi.string().required(),
  details: Joi.object().unknown(),
  code: Joi.number().integer().required(),
}).description('As the Kubernetes API answers failures.');
