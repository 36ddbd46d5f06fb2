import type { ScriptedFlow } from './scriptedFlow';

/** Says and sends back what it got. */
export const echo: ScriptedFlow = {
	defaultContext: {},
	respond: ({ text, data }) => ({ outputs: [{ text: `You said: ${text}`, data }] }),
};
