export { type Asked, createExplanations, type Explanations } from './broker.ts';
export { guessedKinds, type Kinds, type ServedKind } from './kinds.ts';
