/**
 * What saved workflows rely on: names, types, defaults, choices of all parameters, and when they are shown. A change that
 * removes or renames one of them breaks workflows of users; one that adds something is pinned with `jest -u`.
 */
import { credentialTypes, nodeTypes, savedCredential, savedNode } from '../../support/savedParameters';

it.each(nodeTypes.map(({ description }) => [description.name, description] as const))('%s', (_name, description) => {
	expect(savedNode(description)).toMatchSnapshot();
});

it.each(credentialTypes.map((credential) => [credential.name, credential] as const))('%s', (_name, credential) => {
	expect(savedCredential(credential)).toMatchSnapshot();
});
