/**
 * What the cloud edition shows and saves. Workflows move between the editions, so what both have is called the same
 * (test/unit/nodes/savedWorkflows.test.ts); what the cloud edition cannot serve is not shown.
 */
import { credentialTypes, nodeTypes, savedCredential, savedNode } from '../../support/savedParameters';

it.each(nodeTypes.map(({ description }) => [description.name, description] as const))('%s', (_name, description) => {
	expect(savedNode(description)).toMatchSnapshot();
});

it.each(credentialTypes.map((credential) => [credential.name, credential] as const))('%s', (_name, credential) => {
	expect(savedCredential(credential)).toMatchSnapshot();
});

/** What is saved, not shown. */
const UNSEEN = ['name', 'value', 'default', 'type'];

/** Every text that a user may see, with the way to it. Hidden fields are not shown. */
function* textsIn(value: unknown, path = ''): Generator<[path: string, text: string], void> {
	if (typeof value === 'string') yield [path, value];
	if (typeof value !== 'object' || value === null || Reflect.get(value, 'type') === 'hidden') return;
	for (const [key, inner] of Object.entries(value)) {
		if (!UNSEEN.includes(key) || (key === 'name' && isChoice(value))) yield* textsIn(inner, `${path}/${key}`);
	}
}

/** The name of a choice is shown; that of a parameter is not. */
const isChoice = (value: object) => 'value' in value;

it.each([
	...nodeTypes.map(({ description }) => [description.name, description] as const),
	...credentialTypes.map((credential) => [credential.name, credential] as const),
])('%s mentions nothing that is not there', (_name, description) => {
	const texts = [...textsIn(description)];
	expect(texts.length).toBeGreaterThan(15);
	const wrong = /redis|state store|sqlite|queue mode|prox(y|ies)|expired session|all open sessions|registry/i;
	expect(texts.filter(([, text]) => wrong.test(text))).toEqual([]);
});
