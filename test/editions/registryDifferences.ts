/** What a registry need not do that all others do, and what the user notices of it. */
export const registryDifferences = {
	'one-process':
		'Each process of n8n knows only the sessions and starts of its own: in queue mode, a start that two workers are asked for is made by both.',
	'ends-with-process':
		'A restart of n8n forgets sessions, starts, what was delivered and what waits to be: messages may come once more or, where Cognigy no longer hands them out, not at all.',
} as const satisfies Record<string, string>;

export type RegistryDifference = keyof typeof registryDifferences;
