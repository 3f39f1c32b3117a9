/** Asks a custom resource of a real kube-apiserver the corpus and writes generated/answers.json: `node tests/golden/record.ts`. */
import { normalAnswer } from './answer.ts';
import { namesOf } from './compare.ts';
import { CORPUS } from './corpus.ts';
import { writeGolden } from './golden-file.ts';
import { askAll } from './sides.ts';
import { startWorld } from './world.ts';

await using world = await startWorld();
const { body } = await world.plane.request('/version');
const { gitVersion } = JSON.parse(body) as { gitVersion: string };
const names = namesOf(world.oracle);
const answers = (await askAll(world.oracle, CORPUS)).map((answer) => normalAnswer(answer, names));
writeGolden(`kube-apiserver ${gitVersion}`, CORPUS, answers);
console.log(`${answers.length} answers of kube-apiserver ${gitVersion} recorded`);
