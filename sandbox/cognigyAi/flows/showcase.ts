import { adaptiveCard, audio, buttons, gallery, image, list, nested, quickReplies, video } from './richOutputs';
import type { FlowInput, FlowReply, ScriptedFlow, ScriptedOutput } from './scriptedFlow';
import { shapes } from './shapes';
import { streamOnRequest } from './streamedAnswer';

const only = (output: ScriptedOutput) => (): FlowReply => ({ outputs: [output] });

/** What the flow does when the text is one of these. */
const tricks: Readonly<Record<string, (input: FlowInput) => FlowReply>> = {
	text: only({ text: 'Plain text.' }),
	'quick replies': only(quickReplies),
	buttons: only(buttons),
	gallery: only(gallery),
	list: only(list),
	'adaptive card': only(adaptiveCard),
	image: only(image),
	audio: only(audio),
	video: only(video),
	nested: only(nested),
	shapes: only({ text: `The shapes that I know: ${Object.keys(shapes).join(', ')}.` }),
	several: () => ({ outputs: [{ text: 'One.' }, { text: 'Two.' }, { text: 'Three.' }] }),
	slow: ({ slowMs }) => ({ outputs: [{ text: 'Thank you for waiting.', afterMs: slowMs }] }),
	later: ({ slowMs }) => ({
		outputs: [{ text: 'I come back to you.' }],
		later: [{ text: 'Here I am again.', afterMs: slowMs }],
	}),
	echo: ({ data }) => ({ outputs: [{ text: 'echo', data }] }),
	// What a flow with an AI agent sends besides its words.
	agent: () => ({
		outputs: [
			{ data: { _cognigy: { _finishReason: 'tool_calls' } } },
			{ text: 'I looked it up.', data: { _cognigy: { _messageId: 'message-1' } } },
			{ data: { _cognigy: { _finishReason: 'stop' } } },
		],
	}),
	// Only an endpoint of an agent answers it with the status 200.
	'agent error': () => ({ outputs: [], error: { message: 'The language model did not answer.', code: 504 } }),
	stream: streamOnRequest,
	silent: () => ({ outputs: [] }),
	version: ({ deployment }) => ({ outputs: [{ text: `This is ${deployment}.` }] }),
	turn: ({ turn }) => ({ outputs: [{ text: `This is turn ${turn}.` }] }),
	context: ({ context }) => ({ outputs: [{ text: 'The context is in my data.', data: { context: { ...context } } }] }),
	state: ({ state }) => ({ outputs: [{ text: `The state is ${state}.` }] }),
	stop: () => ({ outputs: [{ text: 'Goodbye.' }], stopped: true }),
	error: () => ({
		outputs: [{ text: 'This goes well.' }],
		error: { message: 'The flow has failed.', code: 1000 },
	}),
};

/** The texts that the flow "Showcase" knows. */
export const showcaseTexts: readonly string[] = Object.keys(tricks);

/** Does what its input asks for: one trick for every kind of output, or a turn in one of the known shapes. */
export const showcase: ScriptedFlow = {
	defaultContext: { visits: 0 },
	respond(input) {
		const { context, text } = input;
		context.visits = Number(context.visits ?? 0) + 1;
		context.lastText = text;
		const name = text.trim().toLowerCase();
		const trick = Object.hasOwn(tricks, name) ? tricks[name] : undefined;
		const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
		if (shape) return { outputs: [...shape] };
		return trick?.(input) ?? { outputs: [{ text: `Say one of these: ${showcaseTexts.join(', ')}.` }] };
	},
};
