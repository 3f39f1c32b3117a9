import Joi from 'joi';

/** What a person may say with an action, for those who read the timeline. At most 1,024 characters. */
export function commentSchema(): Joi.StringSchema {
  return Joi.string()
    .max(1_024)
    .allow('')
    .description('Why, for whoever reads the timeline of the issue; at most 1,024 characters.');
}
