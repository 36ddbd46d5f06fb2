import type { ScriptedBot } from './scriptedBot';

/**
 * Has no published version: its starts are answered with 502 (docs/protocol-v1.md#start) and validation finds nothing.
 */
export const returnsDraft: ScriptedBot = {
	id: 'returns-draft',
	name: 'Returns (draft)',
	flows: ['main'],
	versions: [{ id: 'returns-draft-1', state: 'draft', name: 'production' }],
	startStatus: 201,
	respond: () => [{ type: 'bot', text: 'What would you like to send back?' }],
};
