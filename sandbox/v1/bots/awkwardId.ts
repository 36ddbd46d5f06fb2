import type { ScriptedBot } from './scriptedBot';

/** Its ids need every kind of URL encoding: space, slash, quote, percent, question mark, hash, non-ASCII. */
export const awkwardId: ScriptedBot = {
	id: 'Größe/Test "1" ✓',
	name: 'Awkward id',
	flows: ['main', 'Fluß 100%/ä?#1'],
	versions: [{ id: 'größe/1', state: 'published', name: 'production' }],
	startStatus: 200,
	respond: (_context, input) => [{ type: 'bot', text: `Größe: ${input}` }],
};
