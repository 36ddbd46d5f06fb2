import type { ScriptedFlow } from './scripted-flow';
import { shapes } from './shapes';

/** Says one turn in the shape that it is asked for; `shapes` lists their names. */
export const everyShape: ScriptedFlow = {
	defaultContext: {},
	respond({ text }) {
		const name = text.trim().toLowerCase();
		const outputs = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
		return { outputs: outputs ? [...outputs] : [{ text: `Say one of these: ${Object.keys(shapes).join(', ')}.` }] };
	},
};
