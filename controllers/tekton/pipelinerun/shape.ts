export { count, type Fields, fields, identifier, records, text } from '../../index.ts';
