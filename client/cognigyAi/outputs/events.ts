import type { MessageEvent } from '../../types';
import { fieldsOf, textOf, type Fields } from './fields';
import { readableText } from './readableText';
import { rootsOf } from './roots';

/** Something that the service tells a chat besides what is said, and where it stands in an output. */
interface FoundEvent {
	event: MessageEvent;
	/** Data that holds nothing else. */
	data: Fields;
}

/**
 * The event that an output tells (docs/protocol-cognigy-ai.md#events): that of a queue or a human agent, or a rating that
 * is asked for. It has the name that the service gives it. What has no value is left out.
 */
export function eventOf(data: Fields): MessageEvent | undefined {
	return findEvent(data)?.event;
}

/** What an event says by itself, as a person would read it; empty: nothing. */
export function eventWords(data: Fields): string {
	const found = findEvent(data);
	return found ? readableText('', found.data) : '';
}

function findEvent(data: Fields): FoundEvent | undefined {
	for (const { _webchat3, _plugin } of rootsOf(data)) {
		const event = chatEvent(fieldsOf(_webchat3));
		if (event) return { event, data: { _cognigy: { _webchat3 } } };
		const request = ratingRequest(fieldsOf(_plugin));
		if (request) return { event: request, data: { _plugin } };
	}
	return undefined;
}

function chatEvent({ type, payload }: Fields): MessageEvent | undefined {
	const { position, estimatedWaitTime, alternativeText, action, agentName, text } = fieldsOf(payload);
	switch (type) {
		case 'queueUpdate':
			return {
				name: type,
				...numberAs('position', position),
				...numberAs('estimatedWaitMs', estimatedWaitTime),
				...textsIn({ alternativeText }),
			};
		case 'liveAgentEvent':
			return { name: type, ...textsIn({ action, agentName, text }) };
		default:
			return undefined;
	}
}

function ratingRequest({ type, data }: Fields): MessageEvent | undefined {
	if (type !== 'request-rating') return undefined;
	const { ratingTitleText, ratingCommentText, ratingSubmitButtonText, ratingChatStatusMessage } = fieldsOf(data);
	const texts = { ratingTitleText, ratingCommentText, ratingSubmitButtonText, ratingChatStatusMessage };
	return { name: type, ...textsIn(texts) };
}

function numberAs(name: string, value: unknown): Record<string, number> {
	const number = textOf(value) === '' ? NaN : Number(value);
	return Number.isFinite(number) ? { [name]: number } : {};
}

function textsIn(fields: Fields): Record<string, string> {
	const texts = Object.entries(fields).map(([name, value]) => [name, textOf(value)] as const);
	return Object.fromEntries(texts.filter(([, text]) => text !== ''));
}
