import Joi from 'joi';
import { DNS_LABEL } from '../../../crds/names.ts';
import { THEME_NAMES } from '../look/theme.ts';
import { GROUPINGS } from '../rows/listing.ts';
import { SORTS } from '../rows/order.ts';
import type { SavedView } from '../state/state.ts';
import type { Settings } from './settings.ts';

const namespace = Joi.string().pattern(DNS_LABEL, 'namespace name');

const viewSchema = Joi.object<SavedView, true>({
  name: Joi.string()
    .pattern(/^[\w.-]{1,40}$/, 'letters, digits, . _ -')
    .required(),
  filter: Joi.string().max(1_024),
  namespace,
  grouping: Joi.string().valid(...GROUPINGS),
  sort: Joi.string().valid(...SORTS),
  wide: Joi.boolean(),
  all: Joi.boolean(),
});

export const settingsSchema = Joi.object<Settings, true>({
  theme: Joi.string().valid(...THEME_NAMES),
  symbols: Joi.string().valid('unicode', 'ascii'),
  wheel: Joi.boolean(),
  namespaces: Joi.array().items(namespace).max(9).unique(),
  views: Joi.array().items(viewSchema).max(100).unique('name'),
});
