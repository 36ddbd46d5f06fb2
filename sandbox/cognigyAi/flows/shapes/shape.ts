import type { ScriptedOutput } from '../scriptedFlow';

/** What bots say in one turn, by the name of its shape. */
export type Shapes = Readonly<Record<string, readonly ScriptedOutput[]>>;

type Content = Record<string, unknown>;

/** An output without text. */
export const only = (data: Content): ScriptedOutput[] => [{ text: '', data }];

export const cognigy = (sections: Content) => only({ _cognigy: sections });
export const forAll = (content: Content) => cognigy({ _default: content });
export const forWebchat = (message: Content) => cognigy({ _webchat: { message } });
export const template = (payload: Content) => forWebchat({ attachment: { type: 'template', payload } });
export const plugin = (content: Content) => only({ _plugin: content });
export const says = (text: string) => [{ text, data: {} }];

/** An adaptive card with this body. */
export const card = (body: unknown[], more: Content = {}) =>
	forAll({
		_adaptiveCard: {
			type: 'adaptiveCard',
			adaptiveCard: { type: 'AdaptiveCard', version: '1.6', body, ...more },
		},
	});

/** An answer of an AI agent that comes in pieces, and the output that ends it. */
export const streamed = (id: string, pieces: readonly string[], finishReason = 'stop'): ScriptedOutput[] => [
	...pieces.map((text) => ({ text, data: { _cognigy: { _messageId: id } } })),
	{ text: '', data: { _cognigy: { _messageId: id, _finishReason: finishReason } } },
];
