import type { ScriptedBot } from './scriptedBot';

/**
 * A bot whose starts are slow to be answered, and whose resets have to wait for a blocking action.
 *
 * @param startDelayMs how long a start takes, in ms
 */
export function slowSupport(startDelayMs: number): ScriptedBot {
	return {
		id: 'slow-support',
		name: 'Slow support',
		flows: ['main'],
		versions: [{ id: 'slow-support-1', state: 'published', name: 'production' }],
		startStatus: 200,
		startDelayMs,
		blockedChecks: 2,
		respond: (_context, input) => [
			{ type: 'bot', text: 'Thank you for waiting.' },
			{ type: 'bot', text: input === '' ? 'How can I help you?' : `A person will look at this: ${input}` },
		],
	};
}
