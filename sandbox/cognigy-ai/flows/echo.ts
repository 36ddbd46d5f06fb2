import type { ScriptedFlow } from './scripted-flow';

/** Says and sends back what it got. */
export const echo: ScriptedFlow = {
	defaultContext: {},
	respond: ({ text, data }) => ({ outputs: [{ text: `You said: ${text}`, data }] }),
};
